"""What sessions of games want of the store: a few workers see to it, one of them for a session at a
time.

A session has at most one wish of each kind, and the last one counts, so nothing piles up. What the
store could not be asked is asked again until it answers or the socket is gone.
"""

from __future__ import annotations

from functools import partial

import trio

from matchd.domain.games import Game, State, get_ready
from matchd.domain.ids import AccountId, Address
from matchd.domain.verdicts import connect, report
from matchd.errors import Refusal, StoreUnavailable
from matchd.protocol.news import Close
from matchd.services.core import Core
from matchd.services.game_changes import GameChanges
from matchd.services.game_session import GameSession
from matchd.services.mending import Trusted

RETRY = 1.0
"""Seconds until what the store could not be asked is asked again."""

WORKERS = 16
"""Sessions that are seen to at once."""


class GameWork:
    """The workers of this node."""

    def __init__(self, core: Core, changes: GameChanges) -> None:
        # Fixed after construction.
        self._core = core
        self._changes = changes
        # Changed only in sync functions: who waits, who misses something, who is seen to.
        self._waiting: dict[GameSession, None] = {}
        self._doubtful: set[GameSession] = set()
        self._busy: set[GameSession] = set()
        self._wake = trio.Event()

    def wish(self, session: GameSession) -> None:
        """Carry out what a session wishes."""
        self._waiting[session] = None
        self._wake.set()

    def doubt(self, session: GameSession) -> None:
        """A session has missed something."""
        self._doubtful.add(session)
        self.wish(session)

    def forget(self, session: GameSession) -> None:
        """A session is gone."""
        self._waiting.pop(session, None)
        self._doubtful.discard(session)

    async def run(self) -> None:
        """See to sessions until cancelled."""
        # The workers, each of which waits for the store at times.
        async with trio.open_nursery() as nursery:
            for _ in range(WORKERS):
                nursery.start_soon(self._work)

    async def compare(self, session: GameSession, trusted: Trusted) -> None:
        """Have a session catch up with the store, which may have forgotten its socket."""
        game = await self._core.store.games.get(session.game_id)
        if session.ended or session.gone or not session.version:
            return  # one that is on its way in is told by that
        if game is None:
            if trusted():
                session.end(Close.GONE, "the game is over")
            return
        me = game.player(session.account)
        if me is not None and me.here is None and not _is_over(game, session.account):
            deed = partial(_return, session.account, session.address)
            change = await self._changes.come(session.game_id, deed, session.address)
            game = game if change is None or change.after is None else change.after
        session.take(game)

    async def _work(self) -> None:
        while True:
            session = self._next()
            if session is None:
                await self._wake.wait()
                continue
            self._busy.add(session)
            try:
                await self._serve(session)
            except StoreUnavailable:
                await trio.sleep(RETRY)
                if not session.gone:
                    self.wish(session)
            except Refusal as refusal:
                session.say_no(refusal)
            finally:
                self._busy.discard(session)
                self._wake.set()

    def _next(self) -> GameSession | None:
        for session in self._waiting:
            if session not in self._busy:
                del self._waiting[session]
                return session
        if self._wake.is_set():  # one event for all workers who wait
            self._wake = trio.Event()
        return None

    async def _serve(self, session: GameSession) -> None:
        if session in self._doubtful:
            await self.compare(session, lambda: False)
            self._doubtful.discard(session)
        while session.wishes:
            wish = session.wishes[0]
            try:
                await self._carry_out(session, wish)
            except StoreUnavailable:
                raise
            except Refusal as refusal:
                session.say_no(refusal)
            session.fulfil(wish)

    async def _carry_out(self, session: GameSession, scores: dict[str, float] | None) -> None:
        """Report these scores, or (None) get ready."""
        me = session.account, session.address

        def deed(game: Game, now: float) -> Game:
            if scores is None:
                return get_ready(game, *me, now)
            return report(game, *me, scores, now)

        await self._changes.do(session.game_id, deed)


def _is_over(game: Game, account: AccountId) -> bool:
    me = game.player(account)
    return game.state is State.FINISHED or me is None or me.forfeited


def _return(account: AccountId, address: Address, game: Game, now: float) -> Game:
    me = game.player(account)
    if me is None or me.here is not None or _is_over(game, account):
        return game
    return connect(game, account, address, now)
