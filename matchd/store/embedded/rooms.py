"""Signaling rooms in the embedded store (wire.md 2.5). Backend-internal."""

from __future__ import annotations

from matchd.domain.bookings import Booking
from matchd.domain.ids import Address, HostId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place, Room
from matchd.store.embedded import seats
from matchd.store.embedded.pages import page_of
from matchd.store.embedded.pool import Pool
from matchd.store.embedded.restore import restore_booking
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    Taken,
    UnknownNode,
    Waiting,
    WrongHost,
)


class EmbeddedRooms:
    """The port of rooms over the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def enter_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | WrongHost | UnknownNode:
        """Take the host's seat."""
        if not self._pool.has_node(address):
            return UnknownNode()
        if self._is_foreign(room_id, host_id):
            return WrongHost()
        return seats.enter_seat(self._pool, self._pool.room(room_id), address, now)

    async def enter_player(
        self, room_id: RoomId, grant_hash: bytes, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer | NotYours | BookingClosed | UnknownNode | None:
        """Take the place of a booking."""
        if not self._pool.has_node(address):
            return UnknownNode()
        booking_id = self._pool.grants.get(grant_hash)
        if booking_id is None:
            return None
        booking = self._pool.bookings[booking_id]
        if not booking.state.live:
            return BookingClosed()
        if booking.room_id != room_id:
            return NotYours()
        place = Place(peer, address, booking_id)
        return seats.enter_place(self._pool, self._pool.room(room_id), place, booking, now)

    async def enter_anyone(
        self, room_id: RoomId, peer: PeerId, address: Address, now: float
    ) -> EnteredHost | EnteredPlayer | UnknownNode:
        """The first socket is the host, the next ones are players."""
        if not self._pool.has_node(address):
            return UnknownNode()
        room = self._pool.room(room_id)
        if room.host is None:
            return seats.enter_seat(self._pool, room, address, now)
        booking = self._unclaimed(room)
        place = Place(peer, address, None if booking is None else booking.id)
        return seats.enter_place(self._pool, room, place, booking, now)

    async def wait_outside(
        self, room_id: RoomId, network: str, address: Address, now: float
    ) -> Waiting | UnknownNode:
        """Keep a socket until a beat from its network names the room."""
        if not self._pool.has_node(address):
            return UnknownNode()
        room = self._pool.room(room_id)
        return Waiting(seats.wait_outside(self._pool, room, Candidate(address, network, now)))

    async def affirm_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | Taken | WrongHost | UnknownNode:
        """Say that this socket is the host here."""
        if not self._pool.has_node(address):
            return UnknownNode()
        if self._is_foreign(room_id, host_id):
            return WrongHost()
        room = self._pool.room(room_id)
        if room.host is None:
            return seats.enter_seat(self._pool, room, address, now)
        return seats.seated(self._pool, room, None, []) if room.host == address else Taken()

    async def affirm_player(
        self, room_id: RoomId, place: Place, booking: Booking | None, now: float
    ) -> EnteredPlayer | Taken | BookingClosed | UnknownNode:
        """Say that this player is here."""
        if not self._pool.has_node(place.address):
            return UnknownNode()
        mine = None
        if booking is not None:
            if booking.room_id != room_id:
                return BookingClosed()
            mine = self._pool.bookings.get(booking.id) or restore_booking(self._pool, booking, now)
            if mine is None or not mine.state.live or mine.room_id != room_id:
                return BookingClosed()
        room = self._pool.room(room_id)
        there = room.places.get(place.peer)
        if there is None and mine is not None:
            there = room.place_of(mine.id)
        if there is None:
            return seats.enter_place(self._pool, room, place, mine, now)
        return seats.placed(room, place, mine, None, []) if there == place else Taken()

    async def affirm_candidate(
        self, room_id: RoomId, candidate: Candidate, now: float
    ) -> Waiting | EnteredHost | Taken | UnknownNode:
        """Say that this socket waits outside."""
        if not self._pool.has_node(candidate.address):
            return UnknownNode()
        room = self._pool.room(room_id)
        if room.host == candidate.address:
            return seats.seated(self._pool, room, None, [])
        there = room.candidates.get(candidate.network)
        if there is None:
            fresh = Candidate(candidate.address, candidate.network, now)
            seats.wait_outside(self._pool, room, fresh)
            return Waiting(None)
        return Waiting(None) if there.address == candidate.address else Taken()

    async def leave(self, room_id: RoomId, address: Address, now: float) -> Left | None:
        """Leave the room."""
        return seats.take_out(self._pool, room_id, address, now)

    async def get(self, room_id: RoomId) -> Room | None:
        """Who is in a room."""
        room = self._pool.rooms.get(room_id)
        if room is None and room_id not in self._pool.room_hosts:
            return None
        return self._copy(room or Room(id=room_id))

    async def page(self, after: RoomId | None, limit: int) -> tuple[Room, ...]:
        """Rooms in order of their ids."""
        rooms = self._pool.rooms
        return tuple(self._copy(rooms[key]) for key in page_of(rooms, after, limit))

    def _copy(self, room: Room) -> Room:
        return Room(
            id=room.id,
            host=room.host,
            host_turn=room.host_turn,
            host_id=self._pool.room_hosts.get(room.id),
            places=dict(room.places),
            candidates=dict(room.candidates),
        )

    def _is_foreign(self, room_id: RoomId, host_id: HostId | None) -> bool:
        """Whether the room belongs to another host than a token or a session names."""
        holder = self._pool.room_hosts.get(room_id)
        return host_id is not None and holder is not None and holder != host_id

    def _unclaimed(self, room: Room) -> Booking | None:
        """The oldest live booking of the room's host whose player is not here."""
        host = self._pool.host_of_room(room.id)
        live = [] if host is None else self._pool.live(host)
        return next((item for item in live if room.place_of(item.id) is None), None)
