"""What a script says happened, as happenings of the domain, in its order. Backend-internal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

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


def to_happenings(news: Sequence[Sequence[Any]], shift: float) -> tuple[Happening, ...]:
    """Each of them; times are moved by `shift` seconds."""
    return tuple(_happening(kind, fields, shift) for kind, fields in news)


def _happening(kind: str, fields: Raw, shift: float) -> Happening:
    if kind == "booked":
        return Booked(to_booking(fields["booking"], shift), to_address(fields["waiter"]))
    if kind == "appeared":
        return HostAppeared(to_host(fields["host"], shift))
    return msgspec.convert(fields, _KINDS[kind])
