"""From a booking to what its player is told (wire.md 2.3). No store calls here."""

from __future__ import annotations

import msgspec

from matchd.clock import Clock
from matchd.errors import NoHost
from matchd.protocol.bookings import BookingView, Counters, IceAnswer, InLine, MatchFound
from matchd.services.grants import Grants
from matchd.services.settings import Current
from matchd.store.ports import Counts, Found


class Answers:
    """Builds the bodies of the match API."""

    def __init__(self, current: Current, clock: Clock, grants: Grants) -> None:
        self._current = current
        self._clock = clock
        self._grants = grants

    def match(self, found: Found, ice: IceAnswer) -> MatchFound:
        """A slot: everything to connect with."""
        booking = found.booking
        assert booking.room_id is not None
        assert booking.host_id is not None
        assert booking.region is not None
        grant = self._grants.of(booking.id)
        return MatchFound(
            room_id=booking.room_id,
            signaling_url=self._signaling_url(grant),
            ice_servers=ice.ice_servers,
            ice_ttl=ice.ice_ttl,
            ice_expires_at=ice.ice_expires_at,
            booking_id=booking.id,
            grant=grant,
            host_id=booking.host_id,
            region=booking.region,
            expires_at=self._expiry(found) or 0,
        )

    def in_line(self, found: Found) -> InLine:
        """A place in the line."""
        assert found.line is not None
        return InLine(
            booking_id=found.booking.id,
            grant=self._grants.of(found.booking.id),
            position=found.line.position,
            eta_seconds=found.line.eta,
        )

    def view(self, found: Found, ice: IceAnswer | None) -> BookingView:
        """Where a booking stands; with `ice` also how to connect."""
        booking, line = found.booking, found.line
        return BookingView(
            booking_id=booking.id,
            state=booking.state,
            cause=None if booking.cause is None else booking.cause.value,
            expires_at=self._expiry(found),
            position=None if line is None else line.position,
            eta_seconds=msgspec.UNSET if line is None else line.eta,
            room_id=booking.room_id,
            signaling_url=None if ice is None else self._signaling_url(self._grants.of(booking.id)),
            host_id=booking.host_id,
            region=booking.region,
            ice_servers=None if ice is None else ice.ice_servers,
            ice_ttl=None if ice is None else ice.ice_ttl,
            ice_expires_at=None if ice is None else ice.ice_expires_at,
        )

    def nobody(self, counts: Counts) -> NoHost:
        """The explaining 404."""
        message = "No available hosts in this region."
        if counts.alive == 0:
            message = "No hosts are online."
        counters = Counters(
            alive=counts.alive, free=counts.free, in_region=counts.in_region, held=counts.held
        )
        return NoHost(message, counters)

    def _expiry(self, found: Found) -> int | None:
        return None if found.expires_at is None else self._clock.shown(found.expires_at)

    def _signaling_url(self, grant: str) -> str:
        """Where the player's socket goes: no query, no trailing slash (clients append theirs)."""
        return f"{self._current.settings.socket_url}/signal/{grant}"
