"""What a script says happened, as happenings of the domain, in its order. Backend-internal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from matchd.domain.bookings import Booking
from matchd.domain.happenings import (
    Booked,
    CandidateExpired,
    Connected,
    Happening,
    HostAppeared,
    HostEntered,
    HostGone,
    HostQuiet,
    NodeGone,
    Over,
)
from matchd.store.redis.records import Raw, to_address, to_booking, to_host

_KINDS: dict[
    str, type[Connected | Over | HostQuiet | HostGone | HostEntered | CandidateExpired | NodeGone]
] = {
    "connected": Connected,
    "over": Over,
    "quiet": HostQuiet,
    "gone": HostGone,
    "entered": HostEntered,
    "expired": CandidateExpired,
    "node_gone": NodeGone,
}


def to_happenings(
    news: Sequence[Sequence[Any]], shift: float, found: Booking | None = None
) -> tuple[Happening, ...]:
    """Each of them; times are moved by `shift` seconds. `found` is the booking of one that has none."""
    return tuple(_happening(kind, fields, shift, found) for kind, fields in news)


def _happening(kind: str, fields: Raw, shift: float, found: Booking | None) -> Happening:
    if kind == "booked":
        raw = fields.get("booking")
        booking = found if raw is None else to_booking(raw, shift)
        assert booking is not None
        return Booked(booking, to_address(fields["waiter"]))
    if kind == "appeared":
        return HostAppeared(to_host(fields["host"], shift))
    return msgspec.convert(fields, _KINDS[kind])
