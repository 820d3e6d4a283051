"""The port of signaling rooms: entering, waiting to be recognised, leaving (wire.md 2.5).

Entering and leaving move the booking in the same atomic step: it connects when host and player are
both in the room, and its deadlines follow the player's socket.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from matchd.domain.bookings import Booking
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Host
from matchd.domain.ids import Address, HostId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place, Room, Side


class EnteredHost(msgspec.Struct, frozen=True):
    """The host is in: who is here, the older socket of the host that it replaces, and the registered
    host of the room (None before its first beat). `turn` orders it among the room's hosts.
    """

    host: Host | None
    turn: int
    players: tuple[Place, ...]
    replaced: Address | None
    happenings: tuple[Happening, ...]


class EnteredPlayer(msgspec.Struct, frozen=True):
    """The player is in: his booking (None only in mode `open`), the host's socket with its turn if it
    is here, and the older place it replaces.
    """

    place: Place
    booking: Booking | None
    host: Address | None
    turn: int
    replaced: Place | None
    happenings: tuple[Happening, ...]


class Waiting(msgspec.Struct, frozen=True):
    """Kept as a candidate; `replaced` is an older candidate of the same room and network."""

    replaced: Address | None


class NotYours(msgspec.Struct, frozen=True):
    """The booking is for another room."""


class BookingClosed(msgspec.Struct, frozen=True):
    """The booking is not live (any more)."""


class UnknownNode(msgspec.Struct, frozen=True):
    """The socket's node has no lease, so nobody would clean up after it; nothing was changed."""


class Taken(msgspec.Struct, frozen=True):
    """A newer socket of the same identity has the place."""


class WrongHost(msgspec.Struct, frozen=True):
    """The room belongs to another host than the one the token names."""


class Left(msgspec.Struct, frozen=True):
    """A socket has left: who it was, and whom its own node has to tell."""

    side: Side
    peer: PeerId | None
    host: Address | None
    players: tuple[Place, ...]
    happenings: tuple[Happening, ...]


class RoomsPort(Protocol):
    """Rooms: which sockets are where."""

    async def enter_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | WrongHost | UnknownNode:
        """Take the host's seat; `host_id` only when a token proves it."""

    async def enter_player(
        self, room_id: RoomId, grant_hash: bytes, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer | NotYours | BookingClosed | UnknownNode | None:
        """Take the place of the booking this grant belongs to; None when there is none."""

    async def enter_anyone(
        self, room_id: RoomId, peer: PeerId, address: Address, now: float
    ) -> EnteredHost | EnteredPlayer | UnknownNode:
        """Mode `open`: the first socket is the host, the next ones are players."""

    async def wait_outside(
        self, room_id: RoomId, network: str, address: Address, now: float
    ) -> Waiting | UnknownNode:
        """Keep a socket without credentials until a beat from its network names the room."""

    async def affirm_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | Taken | WrongHost | UnknownNode:
        """Say that this socket is the host here: who is here, and its seat again if it was lost."""

    async def affirm_player(
        self, room_id: RoomId, place: Place, booking: Booking | None, now: float
    ) -> EnteredPlayer | Taken | BookingClosed | UnknownNode:
        """Say that this player is here; a store that lost his booking takes it back, if the slot is
        not promised to another by now.
        """

    async def affirm_candidate(
        self, room_id: RoomId, candidate: Candidate, now: float
    ) -> Waiting | EnteredHost | Taken | UnknownNode:
        """Say that this socket waits outside; EnteredHost when a beat has vouched for it."""

    async def leave(self, room_id: RoomId, address: Address, now: float) -> Left | None:
        """Leave; None when this socket is not in the room (any more)."""

    async def get(self, room_id: RoomId) -> Room | None:
        """Who is in a room; also an empty one that a host has registered."""

    async def page(self, after: RoomId | None, limit: int) -> tuple[Room, ...]:
        """Up to `limit` rooms in order of their ids, after the given one."""
