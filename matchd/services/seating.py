"""A socket that the store let in: its session takes its side, and those across are told (wire.md 2.5).

Everything here is sync, so that nobody hears of a socket before its session knows who is across.
"""

from __future__ import annotations

from matchd.domain.ids import Address
from matchd.protocol.news import Close, Ended, HostHere, PlayerAway, PlayerHere, Seat
from matchd.services.core import Core
from matchd.services.ice import IceService
from matchd.services.identity import Identity
from matchd.services.session import Session
from matchd.store.ports import EnteredHost, EnteredPlayer


class Seating:
    """Puts sessions on their sides and keeps them supplied with credentials."""

    def __init__(self, core: Core, ice: IceService) -> None:
        self._core = core
        self._ice = ice

    def host(self, session: Session, entered: EnteredHost) -> None:
        """The session is the host."""
        self.replace(entered.replaced)
        seats = seats_of(entered)
        host = entered.host
        session.become_host(
            None if host is None else host.id, None if host is None else host.region, seats
        )
        self.tell_players(session, entered)

    def player(self, session: Session, entered: EnteredPlayer) -> None:
        """The session is a player."""
        place, booking = entered.place, entered.booking
        if entered.replaced is not None:
            self.replace(entered.replaced.address)
            if entered.host is not None:
                self._core.hub.post(entered.host, PlayerAway(entered.replaced.peer))
        self.tell_host(entered)
        identity = None
        if booking is not None:
            # By what he was last given: an answer made here would never reach him.
            expires_at = self._ice.expiry(booking.owner, booking.region)
            identity = Identity(booking.owner, booking.region, self._push_at(expires_at))
        session.become_player(place.peer, booking, identity)
        session.compare_player(entered.host, entered.turn, trusted=False)

    def replace(self, former: Address | None) -> None:
        """An older socket of the same identity has lost its place."""
        if former is not None:
            self._core.hub.post(former, Ended(Close.REPLACED, "replaced by a newer socket"))

    def tell_players(self, session: Session, entered: EnteredHost) -> None:
        """The players of a room hear where their host is."""
        for place in entered.players:
            self._core.hub.post(place.address, HostHere(session.address, entered.turn))

    def tell_host(self, entered: EnteredPlayer) -> None:
        """The host of a room hears of a player."""
        if entered.host is not None:
            place, booking = entered.place, entered.booking
            seat = Seat(place.peer, place.address, place.booking_id)
            host_id = None if booking is None else booking.host_id
            region = None if booking is None else booking.region
            self._core.hub.post(entered.host, PlayerHere(seat, host_id, region))

    def supply(self, session: Session) -> None:
        """Push ICE servers to a session whose last ones have aged."""
        identity = session.identity
        if identity is None or not session.wants_ice:
            return
        if self._core.clock.wall() >= identity.push_at:
            ice = self._ice.fresh(identity.name, identity.region)
            session.push_ice(ice, self._push_at(ice.ice_expires_at))

    def _push_at(self, expires_at: int) -> float:
        settings = self._core.current.settings
        return expires_at - settings.turn.ttl * (1 - settings.refresh_after)


def seats_of(entered: EnteredHost) -> list[Seat]:
    """The players of a room, as their host knows them."""
    return [Seat(place.peer, place.address, place.booking_id) for place in entered.players]
