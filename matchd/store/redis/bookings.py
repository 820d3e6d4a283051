"""Bookings in Redis: claim, line, release (wire.md 2.3). Backend-internal."""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec

from matchd.domain.bookings import Cause
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, BookingId
from matchd.store.ports import Claim, Claimed, Counts, Found, KeyTaken, Nobody, TooMany
from matchd.store.redis.caller import Answer, Caller
from matchd.store.redis.records import to_raw

_SEEDS = 2**31 - 2
"""The seeds of lua/prelude/03_free.lua are 1 to this."""


class RedisBookings:
    """The port of bookings over the scripts. `rng` makes the choice among free hosts."""

    def __init__(self, caller: Caller, rng: random.Random) -> None:
        self._caller = caller
        self._rng = rng

    async def claim(self, claim: Claim, now: float) -> Claimed | Nobody | KeyTaken | TooMany:
        """Book a free slot, or stand in line."""
        ask = {"claim": to_raw(claim), "seed": 1 + self._rng.randrange(_SEEDS)}
        answer = await self._caller.run("claim", ask, now)
        match answer.out["kind"]:
            case "key_taken":
                return KeyTaken()
            case "too_many":
                return TooMany()
            case "nobody":
                counts = msgspec.convert(answer.out["counts"], Counts)
                return Nobody(counts, answer.happenings())
            case _:
                found = answer.found(answer.out["found"])
                happenings = answer.happenings(found.booking)
                return Claimed(found, answer.out["replayed"], happenings)

    async def poll(self, booking_id: BookingId, waiter: Address | None, now: float) -> Found | None:
        """Look at a booking and renew its place in the line."""
        ask = {"booking_id": booking_id, "waiter": waiter}
        return _found(await self._caller.run("poll", ask, now))

    async def look(self, booking_id: BookingId, now: float) -> Found | None:
        """Look at a booking."""
        return await self._look({"booking_id": booking_id}, now)

    async def by_grant(self, grant_hash: bytes, now: float) -> Found | None:
        """The booking a grant belongs to."""
        return await self._look({"grant_hash": to_raw(grant_hash)}, now)

    async def release(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Happening, ...] | None:
        """Give a booking back."""
        ask = {"booking_id": booking_id, "cause": cause}
        answer = await self._caller.run("release", ask, now)
        return None if answer.out is None else answer.happenings()

    async def leave_line(
        self, booking_id: BookingId, cause: Cause, now: float
    ) -> tuple[Found, tuple[Happening, ...]] | None:
        """Leave the line unless a slot was granted meanwhile."""
        ask = {"booking_id": booking_id, "cause": cause}
        answer = await self._caller.run("leave_line", ask, now)
        found = _found(answer)
        return None if found is None else (found, answer.happenings())

    async def page(self, after: BookingId | None, limit: int, now: float) -> tuple[Found, ...]:
        """Bookings in order of their ids."""
        answer = await self._caller.run("page_bookings", {"after": after, "limit": limit}, now)
        return tuple(map(answer.found, answer.out))

    async def _look(self, ask: Mapping[str, object], now: float) -> Found | None:
        return _found(await self._caller.run("look", ask, now))


def _found(answer: Answer) -> Found | None:
    return None if answer.out is None else answer.found(answer.out)
