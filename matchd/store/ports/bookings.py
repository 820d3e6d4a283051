"""The port of bookings: claim a slot or a place in the line, follow it, give it back (wire.md 2.3)."""

from __future__ import annotations

from typing import Protocol

import msgspec

from matchd.domain.bookings import Booking, Cause, Wanted
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, AddressKey, BookingId
from matchd.store.ports.hosts import Counts


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A wish for a slot. `id` is new and unguessable; `waits` asks for a place in the line instead
    of a refusal; `exempt` frees a guest from the limit per address, and a player from his one.
    """

    id: BookingId
    principal: str
    owner: str
    address_key: AddressKey
    guest: bool
    exempt: bool
    grant_hash: bytes
    wanted: Wanted
    waits: bool
    key_hash: bytes | None = None
    body_hash: bytes = b""
    waiter: Address | None = None


class Line(msgspec.Struct, frozen=True):
    """A place in the line: `position` from 1; `eta` in seconds, None while nothing is known."""

    position: int
    eta: int | None


class Found(msgspec.Struct, frozen=True):
    """A booking as it stands; `line` while it waits; `expires_at` in lease seconds."""

    booking: Booking
    line: Line | None
    expires_at: float | None


class Claimed(msgspec.Struct, frozen=True):
    """A slot, a place in the line, or (`replayed`) the booking this key already has."""

    found: Found
    replayed: bool
    happenings: tuple[Happening, ...]


class Nobody(msgspec.Struct, frozen=True):
    """No slot is free for this wish. Former bookings of the principal may have been released."""

    counts: Counts
    happenings: tuple[Happening, ...]


class KeyTaken(msgspec.Struct, frozen=True):
    """The idempotency key was used with another body; nothing was changed."""


class TooMany(msgspec.Struct, frozen=True):
    """The guests of this address have as many as they may; nothing was changed."""


class BookingsPort(Protocol):
    """Bookings: the promise of one slot to one player."""

    async def claim(self, claim: Claim, now: float) -> Claimed | Nobody | KeyTaken | TooMany:
        """Book a free slot chosen at random in the best region class, or stand in line."""

    async def poll(self, booking_id: BookingId, waiter: Address | None, now: float) -> Found | None:
        """Look at a booking; a place in the line is renewed and `waiter` told of its slot."""

    async def look(self, booking_id: BookingId, now: float) -> Found | None:
        """Look at a booking and change nothing."""

    async def by_grant(self, grant_hash: bytes, now: float) -> Found | None:
        """The booking a grant belongs to."""

    async def release(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Happening, ...] | None:
        """Give a booking back; over already is no error; None when unknown."""

    async def leave_line(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Found, tuple[Happening, ...]] | None:
        """Leave the line unless a slot was granted meanwhile; the booking says which."""

    async def page(self, after: BookingId | None, limit: int, now: float) -> tuple[Found, ...]:
        """Up to `limit` bookings in order of their ids, after the given one."""
