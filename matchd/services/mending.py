"""Sessions compared with the store, after news or the store's memory may have been lost.

Each session says again where it is, which puts it back where the store has forgotten it, and is told
who is across. A store that was just reached anew may lack what others have yet to say again: then
nobody is parted from anybody for want of proof (`Trusted` says so at the moment of the answer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from matchd.domain.rooms import Candidate, Place, Side
from matchd.errors import StoreUnavailable
from matchd.protocol import rooms as dialect
from matchd.protocol.news import Close
from matchd.services.core import Core
from matchd.services.departures import Departures
from matchd.services.seating import Seating, seats_of
from matchd.services.session import Session
from matchd.services.together import Pause, all_done
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Taken,
    UnknownNode,
    Waiting,
    WrongHost,
)

ATTEMPTS = 3
"""How often a session is asked for again because news came while the store was asked."""

Trusted = Callable[[], bool]
"""Whether what the store answers now can be taken for the whole truth."""

_Affirmed = EnteredHost | EnteredPlayer | Waiting | Taken | WrongHost | BookingClosed | UnknownNode


class Mender:
    """Compares sessions with the store."""

    def __init__(self, core: Core, seating: Seating, departures: Departures) -> None:
        self._core = core
        self._seating = seating
        self._departures = departures

    async def mend(self, sessions: Iterable[Session], trusted: Trusted, pause: Pause) -> bool:
        """Compare each, with a pause between groups; False when some could not be: the store was
        away, which ends it, or news kept coming.
        """

        async def one(session: Session) -> bool:
            return await self._mend(session, trusted)

        return await all_done(sessions, one, pause)

    async def _mend(self, session: Session, trusted: Trusted) -> bool:
        for _ in range(ATTEMPTS):
            if session.ended or _has_left(session):
                return True
            before = session.changes
            try:
                affirmed = await self._affirm(session)
            except StoreUnavailable:
                if _has_left(session):
                    self._departures.owe(session)  # this may have put it back
                raise
            if isinstance(affirmed, EnteredHost | EnteredPlayer):
                self._core.announcer.tell(affirmed.happenings)
            if _has_left(session):
                # It left while we said that it is there; its own leaving may have come before.
                await self._departures.take_out(session)
                return True
            if isinstance(affirmed, UnknownNode):
                # Of a lease that ended, or one the store forgot: that is for the node to find out.
                return session.address.node != self._core.hub.node
            if session.changes == before:
                self._take(session, affirmed, trusted=trusted())
                return True
        return False  # news that came meanwhile is newer than the answer

    async def _affirm(self, session: Session) -> _Affirmed:
        rooms, now = self._core.store.rooms, self._core.clock.now()
        room_id, address = session.room_id, session.address
        if session.side is Side.HOST:
            return await rooms.affirm_host(room_id, session.host_id, address, now)
        if session.peer is not None:
            booking = session.booking
            place = Place(session.peer, address, None if booking is None else booking.id)
            return await rooms.affirm_player(room_id, place, booking, now)
        candidate = Candidate(address, session.network, now)
        return await rooms.affirm_candidate(room_id, candidate, now)

    def _take(self, session: Session, affirmed: _Affirmed, *, trusted: bool) -> None:
        match affirmed:
            case EnteredHost():
                self._take_host(session, affirmed, trusted=trusted)
            case EnteredPlayer(host=host, turn=turn):
                self._seating.tell_host(affirmed)
                session.compare_player(host, turn, trusted=trusted)
            case Taken():
                session.end(Close.REPLACED, "replaced by a newer socket")
            case WrongHost():
                session.end(Close.FORBIDDEN, "this room belongs to another host")
            case BookingClosed():
                session.end(Close.GONE, "booking over", dialect.LAST_WORD)

    def _take_host(self, session: Session, entered: EnteredHost, *, trusted: bool) -> None:
        if session.side is not Side.HOST:
            self._seating.host(session, entered)  # the news of its promotion was lost
            return
        live = () if entered.host is None else entered.host.bookings
        session.compare_host(seats_of(entered), live, trusted=trusted)
        self._seating.tell_players(session, entered)


def _has_left(session: Session) -> bool:
    """Asked again after each wait."""
    return session.gone
