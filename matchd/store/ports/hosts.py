"""The port of hosts: beats, status words, goodbye, and what administrators read (wire.md 2.1, 2.2)."""

from __future__ import annotations

from typing import Protocol

import msgspec

from matchd.domain.bookings import Booking
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Beat, Host, Status
from matchd.domain.ids import BookingId, HostId, Region


class Counts(msgspec.Struct, frozen=True):
    """Numbers kept by the atomic steps: hosts alive, hosts with a free slot, alive in the wanted
    regions, bookings held, bookings connected, callers in line.
    """

    alive: int
    free: int
    in_region: int
    held: int
    connected: int
    waiting: int


class HostView(msgspec.Struct, frozen=True):
    """A host with its live bookings and when each ends by itself (lease seconds, None: it does not),
    its free slots, and whether it is offered now.
    """

    host: Host
    bookings: tuple[Booking, ...]
    deadlines: tuple[float | None, ...]
    free: int
    offered: bool


class Beaten(msgspec.Struct, frozen=True):
    """A beat was taken in."""

    view: HostView
    happenings: tuple[Happening, ...]


class RoomConflict(msgspec.Struct, frozen=True):
    """Another live host has that room; nothing was changed."""


class Moved(msgspec.Struct, frozen=True):
    """A status word or a goodbye was taken in."""

    status: Status
    happenings: tuple[Happening, ...]


class HostsPort(Protocol):
    """Hosts: who beats, and what their slots are promised to."""

    async def beat(self, beat: Beat, now: float) -> Beaten | RoomConflict:
        """Register or refresh a host, confirm by `busy`, and give freed slots to the line."""

    async def say(
        self, host_id: HostId, status: Status, booking_id: BookingId | None, now: float
    ) -> Moved | None:
        """Take a status word: busy confirms, idle ends (wire.md 2.2); None for an unknown host."""

    async def goodbye(self, host_id: HostId, now: float) -> Moved | None:
        """Take a host out at once, its bookings with it."""

    async def get(self, host_id: HostId, now: float) -> HostView | None:
        """One host."""

    async def page(self, after: HostId | None, limit: int, now: float) -> tuple[HostView, ...]:
        """Up to `limit` hosts in order of their ids, after the given one."""

    async def counts(self, regions: tuple[Region, ...] = ()) -> Counts:
        """The counters; `regions` empty counts every region."""
