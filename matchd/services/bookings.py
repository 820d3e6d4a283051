"""What players do with matches: find one, follow it, give it back (wire.md 2.3).

Nothing has to be undone when a caller hangs up: a booking he never heard of lapses by itself, a place
in the line is left at once, and his idempotency key returns what he already has.
"""

from __future__ import annotations

import hashlib
import hmac

from matchd.domain import ids
from matchd.domain.bookings import Booking, Cause, State
from matchd.domain.callers import Caller
from matchd.domain.ids import Address, BookingId
from matchd.errors import (
    BadGrant,
    BookingOver,
    KeyReused,
    NoHost,
    StoreUnavailable,
    TooManyBookings,
    Unauthorized,
    UnknownBooking,
)
from matchd.protocol.bodies import encode
from matchd.protocol.bookings import (
    BookingView,
    FindBody,
    IceAnswer,
    InLine,
    MatchFound,
    idempotency_key,
)
from matchd.protocol.pool_lists import BookingEntry, booking_entry
from matchd.services.answers import Answers
from matchd.services.core import Core
from matchd.services.grants import Grants, grant_hash
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.services.line import Line
from matchd.services.owners import Owners
from matchd.store.ports import Claim, Claimed, Counts, Found, KeyTaken, Nobody, TooMany


class BookingService:
    """The match API."""

    def __init__(
        self, core: Core, *, ice: IceService, limiter: Limiter, grants: Grants, owners: Owners
    ) -> None:
        self._core = core
        self._owners = owners
        self._ice = ice
        self._limiter = limiter
        self._grants = grants
        self._line = Line(core)
        self._answers = Answers(core.current, core.clock, grants)

    async def find(self, caller: Caller, body: FindBody, key: str | None) -> MatchFound | InLine:
        """Book a slot or stand in line; NoHost explains why there is none."""
        settings = self._core.current.settings
        if caller.is_guest and not settings.guests_find:
            raise Unauthorized("Guests can't find matches here; log in first.")
        self._limiter.check(caller, "finds")
        self._core.current.admit_match()
        found = await self._found(caller, body, key)
        if found.booking.state is State.WAITING and body.async_:
            self._core.metrics.finds.labels("waiting").inc()
            return self._answers.in_line(found)
        if not found.booking.state.live:
            counts = await self._core.store.hosts.counts(found.booking.wanted.regions)
            raise self._nobody(counts)
        booking = found.booking
        return self._answers.match(found, self._ice.mint(booking.owner, booking.region))

    async def follow(
        self, caller: Caller, bearer: str | None, booking_id: BookingId, wait: float
    ) -> BookingView:
        """Where a booking stands; with `wait`, not before it moves or the seconds are over."""
        found = await self._owned(caller, bearer, booking_id)
        await self._owners.admit(found.booking)
        if found.booking.state is State.WAITING:
            bell = self._line.open_bell()
            try:
                found = await self._line.watch(found, bell, wait)
            finally:
                self._line.close_bell(bell)
        booking = found.booking
        ice = self._ice.fresh(booking.owner, booking.region) if booking.state.live else None
        return self._answers.view(found, ice)

    async def release(
        self, caller: Caller, bearer: str | None, booking_id: BookingId
    ) -> BookingView:
        """Give a booking back; releasing what is over already changes nothing."""
        await self._owned(caller, bearer, booking_id)
        now, bookings = self._core.clock.now(), self._core.store.bookings
        happenings = await bookings.release(booking_id, Cause.RELEASED, now)
        self._core.announcer.tell(happenings or ())
        try:
            found = await bookings.look(booking_id, now)
        except StoreUnavailable as error:
            raise StoreUnavailable("It was given back.", retry_after=1, unsure=True) from error
        if found is None:
            raise UnknownBooking
        return self._answers.view(found, None)

    async def ice(self, caller: Caller, bearer: str | None) -> IceAnswer:
        """Fresh credentials for the player whose grant this is, while his booking is live."""
        found = None
        if bearer is not None:
            hashed, now = grant_hash(bearer), self._core.clock.now()
            found = await self._core.store.bookings.by_grant(hashed, now)
        if found is None:
            raise Unauthorized("A host credential or a booking's grant is needed.")
        if found.booking.state is State.WAITING:
            raise BadGrant("This booking still waits for a host: it has no relay yet.")
        if not found.booking.state.live:
            raise BookingOver
        await self._owners.admit(found.booking)
        return self._ice.mint_for(caller, found.booking.owner, found.booking.region)

    async def page(self, after: str | None, limit: int) -> tuple[BookingEntry, ...]:
        """Bookings as administrators see them, in order of their ids."""
        cursor = None if after is None else ids.booking_id(after, "cursor")
        found = await self._core.store.bookings.page(cursor, limit, self._core.clock.now())
        view = self._answers.view
        return tuple(booking_entry(view(item, None), item.booking.owner) for item in found)

    def rehome(self) -> None:
        """This node has a new id."""
        self._line.rehome()

    def drain(self) -> None:
        """Answer all waiting calls now."""
        self._line.drain()

    async def _found(self, caller: Caller, body: FindBody, key: str | None) -> Found:
        """A slot, or a place in the line: a call that waits stands there until its time is over."""
        claim = self._core.store.bookings.claim
        if body.async_ or not body.wait:
            wish = self._claim(caller, body, key, None)
            return self._taken(await claim(wish, self._core.clock.now()))
        bell = self._line.open_bell()
        try:
            wish = self._claim(caller, body, key, bell.address)
            found = self._taken(await claim(wish, self._core.clock.now()))
            if found.booking.state is State.WAITING:
                longest = self._core.current.settings.max_wait
                found = await self._line.stand(found, bell, min(body.wait, longest))
            return found
        finally:
            self._line.close_bell(bell)

    def _claim(
        self, caller: Caller, body: FindBody, key: str | None, waiter: Address | None
    ) -> Claim:
        key = idempotency_key(key, guest=caller.is_guest)
        booking_id = self._grants.new_booking()
        key_hash = None if key is None else hashlib.sha256(key.encode()).digest()
        owner = principal = caller.identity
        if caller.is_guest and key_hash is not None:
            principal = f"key:{key_hash.hex()}"
        return Claim(
            id=booking_id,
            principal=principal,
            owner=owner,
            address_key=caller.address_key,
            guest=caller.is_guest,
            exempt=self._limiter.is_exempt(caller.address),
            grant_hash=grant_hash(self._grants.of(booking_id)),
            wanted=body.wanted(),
            waits=body.async_ or body.wait > 0,
            key_hash=key_hash,
            body_hash=b"" if key is None else hashlib.sha256(encode(body)).digest(),
            waiter=waiter,
        )

    def _taken(self, claimed: Claimed | Nobody | KeyTaken | TooMany) -> Found:
        match claimed:
            case Claimed(found, replayed, happenings):
                self._core.announcer.tell(happenings)
                if found.booking.state is State.WAITING and not replayed:
                    self._tell_waiting(found.booking)
                return found
            case Nobody(counts, happenings):
                self._core.announcer.tell(happenings)
                raise self._nobody(counts)
            case KeyTaken():
                raise KeyReused
            case TooMany():
                self._core.metrics.limited.labels("held").inc()
                raise TooManyBookings(retry_after=20)

    def _tell_waiting(self, booking: Booking) -> None:
        account = None if booking.guest else booking.owner
        self._core.journal.happened(
            "booking.waiting", why="no free host", booking=booking.id, account=account
        )

    def _nobody(self, counts: Counts) -> NoHost:
        self._core.metrics.finds.labels("no_host").inc()
        return self._answers.nobody(counts)

    async def _owned(self, caller: Caller, bearer: str | None, booking_id: BookingId) -> Found:
        """The booking, if the grant or the caller's account opens it; else as if unknown."""
        found = await self._core.store.bookings.look(booking_id, self._core.clock.now())
        booking = None if found is None else found.booking
        owned = booking is not None and booking.principal == caller.account
        granted = (
            booking is not None
            and bearer is not None
            and hmac.compare_digest(grant_hash(bearer), booking.grant_hash)
        )
        if found is None or not (owned or granted):
            if bearer is None and caller.is_guest:
                raise Unauthorized("The booking's grant is needed: Authorization: Bearer <grant>.")
            raise UnknownBooking
        return found
