"""A host: a PC that beats, with a room and some slots. Pure; the rule of free slots lives here.

A heartbeat is a full report except for `status`, which it may leave unchanged. It never un-books:
what it says about slots is corrected by the bookings it can't know of yet (wire.md 2.1).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from matchd.domain.bookings import Booking, State
from matchd.domain.ids import BookingId, Game, HostId, Region, RoomId


class Status(enum.StrEnum):
    """What a host says of itself. The wire's `allocated` is read as busy."""

    IDLE = "idle"
    BUSY = "busy"


class Leases(msgspec.Struct, frozen=True):
    """How long hosts and nodes are believed, in seconds (config `[hosts]`, `[store]`).

    A host unseen for `ttl` is not offered; unseen for `lost_after` (and out of its room) it is gone
    with its bookings. A host that was once in its room is not offered after `room_grace` outside it.
    A node unheard of for `node` is dead. Where no node at all was heard of for `outage`, nobody could
    renew anything: nothing expires for another `node` seconds. Where the first node says to a store
    that it has forgotten everything, hosts that register in the next `recovery` seconds are not offered
    before those have passed: in them the players who are still there say so.
    """

    ttl: float = 30.0
    lost_after: float = 90.0
    room_grace: float = 30.0
    recognise_for: float = 60.0
    node: float = 10.0
    outage: float = 3.0
    recovery: float = 0.0


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """One heartbeat, checked. `game_info` is the JSON object as bytes, relayed and never read."""

    host_id: HostId
    room_id: RoomId
    region: Region
    status: Status | None = None
    capacity: int = 1
    available_slots: int | None = None
    booking_id: BookingId | None = None
    game: Game | None = None
    game_info: bytes = b""
    public_ip: str | None = None
    address: str = ""


class Host(msgspec.Struct, kw_only=True):
    """What is known of one host. Times are lease seconds; `slots_at` is when slots were reported, and
    before `withheld_until` it is not offered.
    """

    id: HostId
    room_id: RoomId
    region: Region
    game: Game | None = None
    status: Status = Status.IDLE
    capacity: int = 1
    available_slots: int | None = None
    slots_at: float = 0.0
    game_info: bytes = b""
    public_ip: str | None = None
    first_seen: float = 0.0
    seen_at: float = 0.0
    withheld_until: float = 0.0
    in_room: bool = False
    left_room_at: float | None = None
    bookings: list[BookingId] = []

    def report(self, beat: Beat, now: float) -> None:
        """Take over what a heartbeat says."""
        self.room_id, self.region, self.game = beat.room_id, beat.region, beat.game
        self.status = beat.status or self.status
        self.capacity = beat.capacity
        self.available_slots, self.slots_at = beat.available_slots, now
        self.game_info, self.public_ip = beat.game_info, beat.public_ip
        self.seen_at = now

    def offerable(self, leases: Leases, now: float) -> bool:
        """Whether this host may be given to a player at all, slots aside."""
        if now >= self.seen_at + leases.ttl or now < self.withheld_until:
            return False
        if self.in_room or self.left_room_at is None:
            return True
        return now < self.left_room_at + leases.room_grace

    def next_deadline(self, leases: Leases, now: float) -> float:
        """When this host next has to be looked at by the sweeper; `now` when it is lost already.

        Its marks are compared as sums everywhere: `now - seen_at >= ttl` and `now >= seen_at + ttl`
        may differ by a rounding, and then the look at the mark itself would come to nothing.
        """
        if self.is_lost(leases, now):
            return now
        lost = self.seen_at + leases.lost_after
        if now >= lost:
            return now + leases.ttl
        marks = [self.seen_at + leases.ttl, lost, self.withheld_until]
        if self.left_room_at is not None and not self.in_room:
            marks.append(self.left_room_at + leases.room_grace)
        return min(mark for mark in marks if mark > now)

    def is_lost(self, leases: Leases, now: float) -> bool:
        """Whether the host counts as departed.

        It is kept past `ttl` only for the bookings it carries, and past `lost_after` only by its
        socket: one lost beat must not end a session that is running.
        """
        if now < self.seen_at + leases.ttl or self.in_room:
            return False
        return not self.bookings or now >= self.seen_at + leases.lost_after


def free_slots(host: Host, bookings: Iterable[Booking]) -> int:
    """How many players the host can still take; `bookings` are its live ones.

    `min(availableSlots - bookings the report could not know, capacity - live bookings)`: unknown to
    the report are those still held and those connected after it. A host that is busy and reported
    no slots has none (wire.md 2.1).
    """
    live = unknown = 0
    for booking in bookings:
        live += 1
        if booking.state is State.HELD or booking.connected_at > host.slots_at:
            unknown += 1
    if host.available_slots is None:
        reported = 0 if host.status is Status.BUSY else host.capacity
    else:
        reported = host.available_slots
    return max(0, min(reported - unknown, host.capacity - live))
