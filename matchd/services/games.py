"""Games: the players' sockets on this node, let in, compared and closed (wire.md 6)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import msgspec
import trio

from matchd.domain import ids
from matchd.domain.callers import Caller
from matchd.domain.games import Game, State, disconnect
from matchd.domain.ids import AccountId, Address, GameId
from matchd.domain.verdicts import connect
from matchd.errors import (
    GameOver,
    InvalidRequest,
    NotAPlayer,
    Refusal,
    StoreUnavailable,
    UnknownGame,
)
from matchd.protocol.news import Close, Ended
from matchd.services.admission import Admission, Presented
from matchd.services.closing import AWAY, drain, evict
from matchd.services.core import Core
from matchd.services.game_changes import GameChanges
from matchd.services.game_session import GameSession
from matchd.services.game_work import GameWork
from matchd.services.limits import Limiter
from matchd.services.mending import Trusted
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits
from matchd.services.stays import Stay, Stays
from matchd.services.together import GROUP, Pause

TICK = 0.5
"""Seconds between two sweeps: how late a deadline may be."""


class GameRequest(msgspec.Struct, frozen=True):
    """What a game's socket asks for; `answers`: it knows how to bring its next token (`?v=1`)."""

    presented: Presented
    game_id: GameId
    answers: bool = False


def game_request(presented: Presented, name: str, query: Mapping[str, str]) -> GameRequest:
    """What an upgrade of `/ws/game/<name>/` asks for; UnknownGame for a name that no game has."""
    try:
        game_id = ids.game_id(name, "game_id")
    except InvalidRequest:
        raise UnknownGame from None
    return GameRequest(presented, game_id, answers=query.get("v") == "1")


class GameService:
    """The sessions of this node."""

    def __init__(
        self,
        core: Core,
        changes: GameChanges,
        *,
        admission: Admission,
        stays: Stays,
        limiter: Limiter,
        limits: RelayLimits,
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._changes = changes
        self._work = GameWork(core, changes)
        self._admission = admission
        self._stays = stays
        self._limiter = limiter
        self._limits = limits
        # Changed only in sync functions.
        self._sessions: dict[GameSession, Stay] = {}
        self._owed: dict[GameSession, None] = {}

    async def check(self, request: GameRequest) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        caller = await self._admission.look(request.presented)
        self._limiter.peek(caller, "connects")
        await self._look(caller, request.game_id)

    async def enter(self, request: GameRequest, outbox: Outbox) -> GameSession:
        """Admit a player, or refuse him; the session must be left again with `leave`."""
        caller = await self._admission.look(request.presented)
        self._limiter.check(caller, "connects")
        session = self._session(caller, request.game_id, outbox)
        try:
            # Who can't bring a new token plays his game to its end (wire.md 1.3).
            native = request.answers
            stay = self._stays.hold(session, caller, answers=native, outlives=not native)
            self._sessions[session] = stay
            await self._look(caller, request.game_id)
            await self._admission.spend(request.presented)
            await self._begin(session)
        except BaseException as error:
            self._remove(session)
            if not isinstance(error, Refusal) or getattr(error, "unsure", False):
                self._owed[session] = None  # the store may have let it in all the same
            raise
        if session.address.node != self._core.hub.node:
            session.end(Close.RESTART, AWAY)
        return session

    async def leave(self, session: GameSession) -> None:
        """Take a socket out, of the store too once that is there."""
        self._remove(session)
        self._owed[session] = None
        with suppress(StoreUnavailable):
            await self._settle(session)

    def wish(self, session: GameSession) -> None:
        """Carry out what a session wishes."""
        self._work.wish(session)

    def doubt(self, session: GameSession) -> None:
        """A session has missed something."""
        self._work.doubt(session)

    def renew(self, session: GameSession, token: str) -> int:
        """Let a session stay by a new token."""
        return self._stays.renew(self._sessions[session], token)

    async def run(self) -> None:
        """Carry out what sessions wish, until cancelled."""
        await self._work.run()

    async def tend(self) -> None:
        """Take out who left, and see to what is due, until cancelled."""
        while True:
            await trio.sleep(TICK)
            with suppress(StoreUnavailable):  # the node says so already
                await self.sweep()

    async def sweep(self) -> None:
        """Do once what `tend` repeats."""
        for session in tuple(self._owed):
            await self._settle(session)
        if not self._core.current.draining:
            await self._changes.sweep()

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:
        """Compare all sessions with the store, side by side; False when some could not be."""
        complete, sessions = True, tuple(self._sessions)

        async def one(session: GameSession) -> None:
            nonlocal complete
            try:
                await self._work.compare(session, trusted)
            except Refusal as refusal:
                complete = complete and not isinstance(refusal, StoreUnavailable)

        for at in range(0, len(sessions), GROUP):
            # So that a group shares its round trips.
            async with trio.open_nursery() as nursery:
                for session in sessions[at : at + GROUP]:
                    nursery.start_soon(one, session)
            if not complete:
                return False
            if at + GROUP < len(sessions):
                await pause()
        return True

    def evict(self) -> None:
        """Close every socket: others have been told that this node is dead."""
        evict(self._sessions)

    async def drain(self, seconds: float) -> None:
        """Tell every socket, then close one after the other within so many seconds."""
        await drain(self._sessions, seconds, self._core.clock)

    async def _look(self, caller: Caller, game_id: GameId) -> None:
        game = await self._core.store.games.get(game_id)
        if game is None:
            raise UnknownGame
        player = game.player(caller.account)
        if player is None:
            raise NotAPlayer
        if game.state is State.FINISHED or player.forfeited:
            raise GameOver

    def _session(self, caller: Caller, game_id: GameId, outbox: Outbox) -> GameSession:
        exempt = self._limiter.is_exempt(caller.address)
        return GameSession(
            (game_id, AccountId(caller.account or "")),
            outbox,
            self,
            self._core,
            limits=self._limits,
            rate=None if exempt else self._core.current.settings.move_rate,
        )

    async def _begin(self, session: GameSession) -> None:
        account, address = session.account, session.address
        deed = partial(_connect, account, address)
        change = await self._changes.come(session.game_id, deed, address)
        if change is None or change.after is None:
            raise StoreUnavailable("This node is registering with the store.", retry_after=1)
        session.begin(change.after)
        former = None if change.before is None else change.before.player(account)
        if former is not None and former.here not in (None, address):
            assert former.here is not None
            news = Ended(Close.REPLACED, "replaced by a newer socket")
            self._core.hub.post(former.here, news)
        self._changes.came(account)

    async def _settle(self, session: GameSession) -> None:
        deed = partial(_disconnect, session.account, session.address)
        await self._changes.pass_on(session.game_id, deed)
        self._owed.pop(session, None)

    def _remove(self, session: GameSession) -> None:
        session.gone = True
        self._core.hub.unregister(session.address)
        self._work.forget(session)
        stay = self._sessions.pop(session, None)
        if stay is not None:
            self._stays.release(stay)


def _connect(account: AccountId, address: Address, game: Game, now: float) -> Game:
    return connect(game, account, address, now)


def _disconnect(account: AccountId, address: Address, game: Game, now: float) -> Game:
    return disconnect(game, account, address, now)
