"""Players at houses in memory: accounts, places in the queue, sockets in games. For tests only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import trio
import trio.lowlevel

from matchd.domain.games import Game
from matchd.domain.ids import GameId
from matchd.errors import StoreUnavailable
from matchd.protocol.games import InQueue, JoinBody, Matched
from matchd.protocol.news import Close
from matchd.services.admission import Presented
from matchd.services.game_session import GameSession
from matchd.services.games import GameRequest
from tests.house import PLAYER_ADDRESS, House, Outbox
from tests.play import who
from tests.store.people import account


class Seat(Outbox):
    """A game socket's outbox; a close is answered by leaving, as the edge sees to it."""

    def __init__(self, house: House, nursery: trio.Nursery) -> None:
        super().__init__()
        self.house = house
        self._nursery = nursery
        self.session: GameSession | None = None

    @property
    def held(self) -> GameSession:
        """The session of a socket that was let in."""
        assert self.session is not None
        return self.session

    @property
    def last(self) -> dict[str, Any]:
        """The last frame."""
        return self.frames[-1]

    @property
    def types(self) -> list[str]:
        """The type of each frame."""
        return [str(frame["type"]) for frame in self.frames]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The frames of a type."""
        return [frame for frame in self.frames if frame["type"] == kind]

    def say(self, kind: str, **fields: object) -> None:
        """Send a message."""
        self.held.receive(msgspec.json.encode({"type": kind, **fields}).decode())

    def finish(self, **scores: float) -> None:
        """Report a result, by names."""
        named = {who(name): score for name, score in scores.items()}
        self.say("game_action", action="finish", data={"scores": named})

    def close(self, code: Close, reason: str) -> None:
        """Record the first close, and leave."""
        if self.closed is None and self.session is not None:
            self._nursery.start_soon(self._leave)
        super().close(code, reason)

    async def leave(self) -> None:
        """The socket is gone."""
        if self.session is not None and not self.session.gone:
            await self.house.games.leave(self.session)

    async def _leave(self) -> None:
        await trio.lowlevel.checkpoint()
        await self.leave()


class Hall:
    """Who plays, at one house or at several that share a store."""

    def __init__(self, nursery: trio.Nursery, *houses: House) -> None:
        self.nursery = nursery
        self.houses = houses

    async def sign_up(self, *names: str) -> None:
        """Accounts whose ids are their names behind `u_`."""
        for name in names:
            await self.houses[0].store.accounts.create(account(name))

    async def join(self, name: str, at: int = 0, **body: Any) -> InQueue | Matched:
        """Join the queue."""
        house = self.houses[at]
        return await house.queue.join(house.player(who(name)), JoinBody(**body))

    async def stand(self, name: str, wait: float = 0.0, at: int = 0) -> InQueue | Matched:
        """Where somebody stands."""
        house = self.houses[at]
        return await house.queue.stand(house.player(who(name)), wait)

    async def match(self, *names: str, **body: Any) -> GameId:
        """These players are in a game."""
        told = [await self.join(name, **body) for name in names]
        assert isinstance(told[-1], Matched)
        return GameId(told[-1].game_id)

    async def match_of(self, name: str, at: int = 0) -> GameId:
        """The game that somebody is in."""
        told = await self.stand(name, at=at)
        assert isinstance(told, Matched)
        return GameId(told.game_id)

    async def sit(
        self, game: GameId, name: str, at: int = 0, *, ttl: int = 3600, native: bool = False
    ) -> Seat:
        """Open a socket in a game, by a token for so many seconds."""
        house = self.houses[at]
        seat = Seat(house, self.nursery)
        path = f"/ws/game/{game}"
        presented = Presented(path, PLAYER_ADDRESS, house.token(subject=who(name), ttl=ttl))
        request = GameRequest(presented, game, answers=native)
        seat.session = await house.games.enter(request, seat)
        return seat

    async def play(self, *names: str, at: tuple[int, ...] = (), **body: Any) -> list[Seat]:
        """These players are in an active game."""
        game = await self.match(*names, **body)
        where = at or (0,) * len(names)
        seats = [
            await self.sit(game, name, house) for name, house in zip(names, where, strict=True)
        ]
        for seat in seats:
            seat.say("player_ready")
        await trio.sleep(0.2)
        return seats

    async def game(self, game: GameId) -> Game | None:
        """A game as the store has it."""
        return await self.houses[0].core.store.games.get(game)


@asynccontextmanager
async def hall(house: House, *names: str) -> AsyncIterator[Hall]:
    """A house whose tasks run, with accounts of these names."""
    async with trio.open_nursery() as nursery:
        for task in (*house.told.tasks, *house.play.tasks):
            nursery.start_soon(task)
        made = Hall(nursery, house)
        await made.sign_up(*names)
        yield made
        assert await house.core.store.violations() == ()
        nursery.cancel_scope.cancel()


async def patiently(hall_: Hall, game: GameId, name: str, at: int) -> Seat:
    """Open a socket, however often it takes."""
    while True:
        try:
            return await hall_.sit(game, name, at)
        except StoreUnavailable:
            await trio.sleep(1)
