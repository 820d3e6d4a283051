"""Sockets that leave: the store is told, then those across, and again where an answer was lost.

A socket may go, or be refused, while the store can't be reached or before its answer is here. Nothing
in the store would ever take such a socket out, since its node lives on; so it is owed, and settled once
the store is back. Whom it leaves need not wait for that, and to be told twice is no news.
"""

from __future__ import annotations

from contextlib import suppress

from matchd.domain.ids import Address, PeerId
from matchd.domain.rooms import Side
from matchd.errors import StoreUnavailable
from matchd.protocol.news import HostAway, PlayerAway
from matchd.services.core import Core
from matchd.services.session import Session
from matchd.services.together import for_each


class Departures:
    """Takes sessions out of their rooms."""

    def __init__(self, core: Core) -> None:
        self._core = core
        # Changed only in sync functions.
        self._owed: dict[Session, None] = {}

    def owe(self, session: Session) -> None:
        """The store may have this socket in a room, or not: `settle` takes it out."""
        self._owed[session] = None

    async def take_out(self, session: Session) -> None:
        """Take a socket out of its room and tell those it leaves; the store later if it is away."""
        try:
            await self._take_out(session)
        except StoreUnavailable:
            self._postpone(session)
        except BaseException:
            self._postpone(session)
            raise

    async def settle(self) -> None:
        """Take out who is owed; whoever the store is away for is left for the next time."""
        await for_each(self._owed, self._settle)

    async def _settle(self, session: Session) -> None:
        with suppress(StoreUnavailable):
            await self._take_out(session)
            self._owed.pop(session, None)

    async def _take_out(self, session: Session) -> None:
        core = self._core
        left = await core.store.rooms.leave(session.room_id, session.address, core.clock.now())
        if left is not None:
            host = () if left.host is None else (left.host,)
            across = (*host, *(place.address for place in left.players))
            self._bid_farewell(session, left.side, left.peer, across)
            core.announcer.tell(left.happenings)

    def _postpone(self, session: Session) -> None:
        self.owe(session)
        self._bid_farewell(session, session.side, session.peer, session.across)

    def _bid_farewell(
        self, session: Session, side: Side, peer: PeerId | None, across: tuple[Address, ...]
    ) -> None:
        # While we drain, this side comes back to another node, or to us. Old clients take
        # `peer-disconnected` for the end of their match, so those across are not sent it.
        returning = self._core.current.draining
        for other in across:
            if side is Side.HOST:
                self._core.hub.post(other, HostAway(session.address, returning))
            elif peer is not None:
                self._core.hub.post(other, PlayerAway(peer, returning=returning))
