"""From the queue to games: trying what fits, in one step each, and telling those who were paired.

A ticket that comes is tried at once; one node after the other looks through all lines, since
ratings allow more as time passes, and so that nobody is left over whom a lost answer or a dead node
forgot.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable

import trio

from matchd.domain import pairing
from matchd.domain.games import Game, create
from matchd.domain.ids import AccountId, Address, GameId, TicketId
from matchd.domain.queue import Mode, Ticket
from matchd.errors import StoreUnavailable
from matchd.protocol import games as dialect
from matchd.protocol.news import QueueMoved
from matchd.services.core import Core
from matchd.services.game_tale import tell_of_pairing
from matchd.services.publisher import Publisher
from matchd.store.ports import Apart, Lined, Paired

NEAR = 8
"""Tickets of a line that one who comes is shown: in a shorter one he looks around by himself."""

LOOK = 256
"""Tickets of a line that those who come to a longer one are compared with."""

SWEEP = 1000
"""Tickets of a line that a look through it compares."""

ATTEMPTS = 8
"""How often a group is looked for because others were faster."""

WORKERS = 4
"""Lines that are gone through at once."""

MOST_APART = 10_000
"""Pairs of players who are known to be kept apart; the one found out longest ago is forgotten."""

DOUBT = 10.0
"""Seconds in which a game that was made without an answer is looked for."""

FORGET = 60.0
"""Seconds after which it is found out anew whether they still are."""


class _Round:
    """One look through a line that has not begun: who joins meanwhile waits for it."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.games: dict[TicketId, Game] = {}
        self.over = trio.Event()


class Matchmaker:
    """Makes games of tickets. Where many join one line at once, one look serves them all."""

    def __init__(self, core: Core, publisher: Publisher) -> None:
        # Fixed after construction.
        self._core = core
        self._publisher = publisher
        # Changed only in sync functions: lines that somebody is at, and the rounds that are to begin.
        self._apart: OrderedDict[frozenset[AccountId], float] = OrderedDict()
        self._busy: set[str] = set()
        self._rounds: dict[str, _Round] = {}
        self._unsure: dict[GameId, float] = {}
        self._wake = trio.Event()

    async def join(self, mode: Mode, ticket: Ticket, line: Lined) -> Game | None:
        """The game that this ticket completes, if there is one."""
        name = ticket.line
        if name not in self._busy and len(line.tickets) < NEAR:
            self._busy.add(name)
            try:
                group = pairing.join(mode, ticket, line.tickets, line.now, self._kept_apart())
                game = None if group is None else await self._pair(mode, group, line.now)
            finally:
                self._busy.discard(name)
                self._wake.set()
            if group is None or game is not None:
                return game
        elif len(line.tickets) == 1:
            return None
        mine = self._rounds.setdefault(name, _Round(mode))
        self._wake.set()
        await mine.over.wait()
        return mine.games.get(ticket.id)

    async def sweep(self, mode: Mode, name: str) -> None:
        """All games that a line makes now."""
        await self._go_through(mode, name, SWEEP)

    async def make_sure(self) -> None:
        """Tell those who were paired although nobody heard the answer."""
        for game_id, until in tuple(self._unsure.items()):
            game = await self._core.store.games.get(game_id)
            if game is not None:
                self._announce(game, ())
            if game is not None or self._core.clock.now() >= until:
                self._unsure.pop(game_id, None)

    async def run(self) -> None:
        """Go through lines that many join at once, until cancelled."""
        # The workers, each of which waits for the store at times.
        async with trio.open_nursery() as nursery:
            for _ in range(WORKERS):
                nursery.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            name = next((one for one in self._rounds if one not in self._busy), None)
            if name is None:
                if self._wake.is_set():  # one event for all workers who wait
                    self._wake = trio.Event()
                await self._wake.wait()
                continue
            self._busy.add(name)
            mine = self._rounds.pop(name)
            try:
                mine.games = await self._go_through(mine.mode, name, LOOK)
            except StoreUnavailable:
                pass  # they are in the queue, which is what they are told
            finally:
                mine.over.set()
                self._busy.discard(name)
                self._wake.set()

    async def _go_through(self, mode: Mode, name: str, limit: int) -> dict[TicketId, Game]:
        games: dict[TicketId, Game] = {}
        for _ in range(ATTEMPTS):
            line = await self._line(name, limit)
            groups = pairing.sweep(mode, line.tickets, line.now, self._kept_apart())
            made = await self._pair_all(mode, groups, line.now)
            games.update((ticket.id, game) for game in made for ticket in game.tickets)
            if not groups or (len(made) == len(groups) and len(line.tickets) < limit):
                break  # nobody was faster, and nobody was left out of sight
        return games

    async def _pair_all(
        self, mode: Mode, groups: Iterable[tuple[Ticket, ...]], now: float
    ) -> list[Game]:
        """The games of those groups that nobody was faster to take one of. StoreUnavailable when the
        store went away, although some may have been made.
        """
        made: list[Game] = []
        failures: list[StoreUnavailable] = []

        async def pair(group: tuple[Ticket, ...]) -> None:
            try:
                game = await self._pair(mode, group, now)
            except StoreUnavailable as failure:
                failures.append(failure)  # raised outside, or it would come in a group
            else:
                made.extend(() if game is None else (game,))

        # Side by side, so that they share round trips.
        async with trio.open_nursery() as nursery:
            for group in groups:
                nursery.start_soon(pair, group)
        if failures:
            raise failures[0]
        return made

    async def _line(self, name: str, limit: int) -> Lined:
        return await self._core.store.queue.line(name, limit, self._core.clock.now())

    async def _pair(self, mode: Mode, group: tuple[Ticket, ...], now: float) -> Game | None:
        made = create(GameId(secrets.token_urlsafe(12)), mode, group, now)
        try:
            paired = await self._core.store.queue.pair(made, self._core.clock.now())
        except StoreUnavailable as error:
            if error.unsure:
                self._unsure[made.id] = self._core.clock.now() + DOUBT
            raise
        match paired:
            case Paired(game, waiters):
                self._announce(game, waiters)
                return game
            case Apart(pair):
                self._apart[pair] = self._core.clock.now() + FORGET
                if len(self._apart) > MOST_APART:
                    self._apart.popitem(last=False)
        return None

    def _announce(self, game: Game, waiters: Iterable[Address]) -> None:
        tell_matched(self._publisher, game, [one.account for one in game.players])
        for address in waiters:
            self._core.hub.post(address, QueueMoved())
        for ticket in game.tickets:
            self._core.metrics.queue_seconds.observe(max(0.0, game.created_at - ticket.joined_at))
        tell_of_pairing(self._core.journal, game)

    def _kept_apart(self) -> frozenset[frozenset[AccountId]]:
        now = self._core.clock.now()
        while self._apart and next(iter(self._apart.values())) <= now:
            self._apart.popitem(last=False)
        return frozenset(self._apart)


def tell_matched(publisher: Publisher, game: Game, accounts: Iterable[AccountId]) -> None:
    """Say on the event sockets of these that they are in a game."""
    told = dialect.matched(game)
    body = {"game_id": told.game_id, "websocket": told.websocket}
    publisher.publish(accounts, "queue.matched", body)
