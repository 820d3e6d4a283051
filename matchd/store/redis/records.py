"""Records as the scripts answer them, turned into those of the domain. Backend-internal.

A record in Redis is a MessagePack map with the names of the domain's fields; what is None is left out,
and bytes are base64, since Lua's MessagePack knows text only. Times come in Redis' clock and are moved
by `shift` (seconds) into the caller's, so that a node whose clock is off tells the right durations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from matchd.domain.bookings import Booking, Terms
from matchd.domain.hosts import Host, Leases, free_slots
from matchd.domain.ids import Address, HostId
from matchd.domain.rooms import Candidate, Place, Room
from matchd.store.ports import Found, HostView
from matchd.store.ports import Line as LinePlace

Raw = Mapping[str, Any]
"""An untyped map from a script; it goes no further than this module and `news`."""

_T = TypeVar("_T")

_BOOKING_TIMES = (
    "created_at",
    "polled_at",
    "claimed_at",
    "connected_at",
    "alone_since",
    "ended_at",
)
_HOST_TIMES = ("slots_at", "first_seen", "seen_at", "left_room_at", "withheld_until")


def to_raw(record: object) -> Any:
    """A domain record as scripts take it."""
    return msgspec.to_builtins(record)


def to_booking(raw: Raw, shift: float = 0.0) -> Booking:
    """A booking."""
    return msgspec.convert(_moved(raw, _BOOKING_TIMES, shift), Booking)


def to_host(raw: Raw, shift: float = 0.0) -> Host:
    """A host."""
    return msgspec.convert(_moved(raw, _HOST_TIMES, shift), Host)


def to_address(raw: Raw | None) -> Address | None:
    """A socket's address."""
    return None if raw is None else Address(raw["node"], raw["connection"])


def to_place(raw: Raw) -> Place:
    """A player's place."""
    address = Address(raw["address"]["node"], raw["address"]["connection"])
    return Place(raw["peer"], address, raw.get("booking_id"))


def to_places(raws: Sequence[Raw]) -> tuple[Place, ...]:
    """Places, in the order they were taken."""
    return tuple(map(to_place, raws))


def to_found(raw: Raw, shift: float) -> Found:
    """A booking with its place in the line and its end."""
    line, expires = raw["line"], raw["expires_at"]
    return Found(
        to_booking(raw["booking"], shift),
        None if line is None else msgspec.convert(line, LinePlace),
        None if expires is None else expires + shift,
    )


def to_view(raw: Raw, rules: tuple[Leases, Terms], now: float, shift: float) -> HostView:
    """A host with its bookings; `now` is the moment of the answer in the caller's clock."""
    leases, terms = rules
    host = to_host(raw["host"], shift)
    live = tuple(to_booking(item, shift) for item in raw["bookings"])
    deadlines = tuple(booking.deadline(terms) for booking in live)
    return HostView(host, live, deadlines, free_slots(host, live), host.offerable(leases, now))


def to_room(raw: Raw, host_id: HostId | None, shift: float) -> Room:
    """A room."""
    places = to_places(raw["places"])
    found = [
        Candidate(
            Address(item["address"]["node"], item["address"]["connection"]),
            item["network"],
            item["since"] + shift,
        )
        for item in raw["candidates"]
    ]
    return Room(
        id=raw["id"],
        host=to_address(raw.get("host")),
        host_turn=raw.get("host_turn", 0),
        host_id=host_id,
        places={place.peer: place for place in places},
        candidates={candidate.network: candidate for candidate in found},
    )


def _moved(raw: Raw, names: Sequence[str], shift: float) -> Raw:
    """The record in the caller's clock; a zero means never and stays."""
    if not shift:
        return raw
    return {**raw, **{name: raw[name] + shift for name in names if raw.get(name)}}
