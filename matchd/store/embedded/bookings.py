"""Bookings in the embedded store: claim, line, release (wire.md 2.3). Backend-internal."""

from __future__ import annotations

from matchd.domain.bookings import Booking, Cause, State, Step
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, BookingId
from matchd.store.embedded.pages import page_of
from matchd.store.embedded.pool import Pool
from matchd.store.ports import Claim, Claimed, Found, KeyTaken, Nobody, TooMany


class EmbeddedBookings:
    """The port of bookings over the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, claim: Claim, now: float) -> Claimed | Nobody | KeyTaken | TooMany:
        """Book a free slot, or stand in line."""
        pool = self._pool
        known = self._known(claim)
        if known is not None:
            return self._replay(known, claim, now)
        if self._is_over_limit(claim):
            return TooMany()
        happenings = self._release_former(claim, now)
        booking = _new(claim, now)
        host = pool.choose(booking, now)
        if host is None and not claim.waits:
            return Nobody(pool.counts(claim.wanted.regions), tuple(happenings))
        pool.add(booking)
        if host is not None:
            happenings.append(pool.grant(booking, host, now))
        else:
            pool.line.add(booking)
            pool.watch(booking)
        return Claimed(pool.found(booking, now), False, tuple(happenings))

    async def poll(self, booking_id: BookingId, waiter: Address | None, now: float) -> Found | None:
        """Look at a booking and renew its place in the line."""
        booking = self._pool.bookings.get(booking_id)
        if booking is None:
            return None
        if booking.state is State.WAITING:
            booking.polled_at = now
            booking.waiter = waiter
        return self._pool.found(booking, now)

    async def look(self, booking_id: BookingId, now: float) -> Found | None:
        """Look at a booking."""
        booking = self._pool.bookings.get(booking_id)
        return None if booking is None else self._pool.found(booking, now)

    async def by_grant(self, grant_hash: bytes, now: float) -> Found | None:
        """The booking a grant belongs to."""
        booking_id = self._pool.grants.get(grant_hash)
        return None if booking_id is None else await self.look(booking_id, now)

    async def release(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Happening, ...] | None:
        """Give a booking back."""
        booking = self._pool.bookings.get(booking_id)
        if booking is None:
            return None
        if booking.state is not State.WAITING and not booking.state.live:
            return ()
        return tuple(self._pool.finish(booking, Step.RELEASE, cause, now))

    async def leave_line(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Found, tuple[Happening, ...]] | None:
        """Leave the line unless a slot was granted meanwhile."""
        booking = self._pool.bookings.get(booking_id)
        if booking is None:
            return None
        happenings: list[Happening] = []
        if booking.state is State.WAITING:
            happenings = self._pool.finish(booking, Step.LAPSE, cause, now)
        return self._pool.found(booking, now), tuple(happenings)

    async def page(self, after: BookingId | None, limit: int, now: float) -> tuple[Found, ...]:
        """Bookings in order of their ids."""
        pool = self._pool
        return tuple(
            pool.found(pool.bookings[key], now) for key in page_of(pool.bookings, after, limit)
        )

    def _known(self, claim: Claim) -> Booking | None:
        if claim.key_hash is None:
            return None
        known = self._pool.keys.get((claim.principal, claim.key_hash))
        return None if known is None else self._pool.bookings[known]

    def _replay(self, booking: Booking, claim: Claim, now: float) -> Claimed | KeyTaken:
        if booking.body_hash != claim.body_hash:
            return KeyTaken()
        if booking.state is State.WAITING:
            booking.polled_at, booking.waiter = now, claim.waiter
        return Claimed(self._pool.found(booking, now), True, ())

    def _is_over_limit(self, claim: Claim) -> bool:
        if not claim.guest or claim.exempt:
            return False
        return self._pool.guests[claim.address_key] >= self._pool.terms.per_address

    def _release_former(self, claim: Claim, now: float) -> list[Happening]:
        """A player has at most one booking that waits or is held; guests are limited by address."""
        if claim.guest or claim.exempt:
            return []
        happenings: list[Happening] = []
        for booking_id in list(self._pool.unconnected.get(claim.principal, ())):
            booking = self._pool.bookings[booking_id]
            happenings += self._pool.finish(booking, Step.RELEASE, Cause.REPLACED, now)
        return happenings


def _new(claim: Claim, now: float) -> Booking:
    return Booking(
        id=claim.id,
        principal=claim.principal,
        owner=claim.owner,
        address_key=claim.address_key,
        # An exempt guest is not counted, so that he can't use up what others of his address may.
        guest=claim.guest and not claim.exempt,
        grant_hash=claim.grant_hash,
        wanted=claim.wanted,
        state=State.WAITING,
        created_at=now,
        polled_at=now,
        key_hash=claim.key_hash,
        body_hash=claim.body_hash,
        waiter=claim.waiter,
    )
