"""Event sockets and the store: letting them in, and having them read on what they have missed.

A session that has missed something reads its log on from where it is; in the rounds of the node,
and after the store was reached anew, all do. To read on is also to say that one is here, so a store
that has forgotten a socket knows it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import trio

from matchd.domain.ids import Address
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close, Ended
from matchd.services.core import Core
from matchd.services.event_session import EventSession
from matchd.services.presence import PresenceService
from matchd.services.together import Pause, all_done
from matchd.store.ports import Entered

RETRY = 1.0
"""Seconds until sessions that could not read on try again."""


class EventReader:
    """Reads for the sessions of this node. `owe` is told of those that the store was told of after they
    had left, or may have been.
    """

    def __init__(
        self, core: Core, presence: PresenceService, owe: Callable[[EventSession], None]
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._presence = presence
        self._owe = owe
        # Changed only in sync functions.
        self._doubtful: dict[EventSession, None] = {}
        self._wake = trio.Event()

    def doubt(self, session: EventSession) -> None:
        """A session has missed something."""
        self._doubtful[session] = None
        self._wake.set()

    def forget(self, session: EventSession) -> None:
        """A session is gone."""
        self._doubtful.pop(session, None)

    async def enter(self, session: EventSession, after: int | None) -> Entered | None:
        """Have the store know a socket; None when this node has no lease."""
        entered = await self._core.store.events.enter(
            session.account,
            session.address,
            after=after,
            turn=session.turn,
            now=self._core.clock.now(),
        )
        if entered is not None:
            self._replace(entered.replaced)
            if entered.appeared:
                self._presence.changed(session.account)
        return entered

    async def run(self) -> None:
        """Have those read on that have missed something, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._doubtful:
                if not await all_done(self._doubtful, self._resume):
                    await trio.sleep(RETRY)

    async def read(self, sessions: Iterable[EventSession], pause: Pause) -> bool:
        """Have all read on, with a pause between groups; False when some could not."""
        return await all_done(sessions, self._resume, pause)

    async def _resume(self, session: EventSession) -> None:
        if session.turn is None or session.ended or session.gone:
            self._doubtful.pop(session, None)
            return
        session.doubtful = False
        self._doubtful.pop(session, None)
        try:
            entered = await self.enter(session, session.place)
        except BaseException:
            self._leave_doubtful(session)
            raise
        if _has_left(session):
            self._owe(session)
        elif entered is not None:
            session.resume(entered)
        elif session.address.node == self._core.hub.node:
            # Of a lease that ended, or that the store forgot: that is for the node to find out.
            self._leave_doubtful(session)
            raise StoreUnavailable("This node is registering with the store.", retry_after=1)

    def _replace(self, former: tuple[Address, ...]) -> None:
        for address in former:
            self._core.hub.post(address, Ended(Close.REPLACED, "replaced by a newer socket"))

    def _leave_doubtful(self, session: EventSession) -> None:
        if _has_left(session):
            self._owe(session)
        else:
            session.doubtful = True
            self.doubt(session)


def _has_left(session: EventSession) -> bool:
    """Asked again after a wait."""
    return session.gone
