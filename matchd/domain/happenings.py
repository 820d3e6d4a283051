"""What a store call changed beside its answer: facts, in order, for services to log and announce.

A store returns them from the same atomic step that made them true; whoever called announces them, so
each is told once (design.md, "A change of membership"). Pure data.
"""

from __future__ import annotations

import msgspec

from matchd.domain.bookings import Booking, Cause, State
from matchd.domain.groups import Departure
from matchd.domain.hosts import Host
from matchd.domain.ids import Address, BookingId, HostId, NodeId, PeerId, Region, RoomId


class Booked(msgspec.Struct, frozen=True):
    """A slot was given to a player; `waiter` is to be told when he stood in line."""

    booking: Booking
    waiter: Address | None


class Connected(msgspec.Struct, frozen=True):
    """A held booking is connected now."""

    booking_id: BookingId
    host_id: HostId


class Over(msgspec.Struct, frozen=True):
    """A booking is over. `player` and `host` are the sockets to be told; `peer` names the place."""

    booking_id: BookingId
    state: State
    cause: Cause
    host_id: HostId | None
    waiter: Address | None = None
    player: Address | None = None
    peer: PeerId | None = None
    host: Address | None = None


class HostAppeared(msgspec.Struct, frozen=True):
    """A host registered that was not known."""

    host: Host


class HostQuiet(msgspec.Struct, frozen=True):
    """A host is not offered any more; it is kept for its bookings."""

    host_id: HostId
    reason: str


class HostGone(msgspec.Struct, frozen=True):
    """A host departed, by goodbye or by silence."""

    host_id: HostId
    cause: Cause


class HostEntered(msgspec.Struct, frozen=True):
    """A candidate is the host: a beat from its network named the room.

    `players` are the places to be told and to be told of; `turn` orders the hosts of the room.
    """

    room_id: RoomId
    host_id: HostId
    region: Region
    host: Address
    turn: int
    players: tuple[tuple[PeerId, Address, BookingId | None], ...]


class CandidateExpired(msgspec.Struct, frozen=True):
    """Nobody vouched for this socket in time."""

    address: Address


class NodeGone(msgspec.Struct, frozen=True):
    """A node's lease has lapsed; its sockets are out of their rooms, or will be in further steps."""

    node: NodeId


Happening = (
    Booked
    | Connected
    | Over
    | HostAppeared
    | HostQuiet
    | HostGone
    | HostEntered
    | CandidateExpired
    | NodeGone
    | Departure
)
