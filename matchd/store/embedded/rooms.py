"""Signaling rooms in the embedded store (wire.md 2.5). Backend-internal."""

from __future__ import annotations

import copy

from matchd.domain.bookings import State
from matchd.domain.happenings import CandidateExpired, Happening
from matchd.domain.ids import Address, BookingId, HostId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place, Room, Side
from matchd.store.embedded.pages import page_of
from matchd.store.embedded.pool import Pool
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    Waiting,
    WrongHost,
)


class EmbeddedRooms:
    """The port of rooms over the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def enter_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | WrongHost:
        """Take the host's seat."""
        holder = self._pool.room_hosts.get(room_id)
        if host_id is not None and holder is not None and holder != host_id:
            return WrongHost()
        return self._seat(self._pool.room(room_id), address, now)

    async def enter_player(
        self, room_id: RoomId, grant_hash: bytes, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer | NotYours | BookingClosed | None:
        """Take the place of a booking."""
        booking_id = self._pool.grants.get(grant_hash)
        if booking_id is None:
            return None
        booking = self._pool.bookings[booking_id]
        if not booking.state.live:
            return BookingClosed()
        if booking.room_id != room_id:
            return NotYours()
        return self._place(self._pool.room(room_id), booking_id, peer, address, now)

    async def enter_anyone(
        self, room_id: RoomId, peer: PeerId, address: Address, now: float
    ) -> EnteredHost | EnteredPlayer:
        """The first socket is the host, the next ones are players."""
        room = self._pool.room(room_id)
        if room.host is None:
            return self._seat(room, address, now)
        return self._place(room, self._unclaimed(room), peer, address, now)

    async def wait_outside(
        self, room_id: RoomId, network: str, address: Address, now: float
    ) -> Waiting:
        """Keep a socket until a beat from its network names the room."""
        room = self._pool.room(room_id)
        former = room.candidates.get(network)
        room.candidates[network] = Candidate(address, network, now)
        due = now + self._pool.leases.recognise_for
        self._pool.agenda.put(("candidate", room_id, address.connection), due)
        return Waiting(None if former is None else former.address)

    async def leave(self, room_id: RoomId, address: Address, now: float) -> Left | None:
        """Leave the room."""
        room = self._pool.rooms.get(room_id)
        if room is None:
            return None
        left = self._leave(room, address, now)
        self._pool.drop_if_empty(room)
        return left

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
            host_id=self._pool.room_hosts.get(room.id),
            places=dict(room.places),
            candidates=dict(room.candidates),
        )

    def _seat(self, room: Room, address: Address, now: float) -> EnteredHost:
        replaced = room.host
        happenings = seat_host(self._pool, room, address, now)
        host = self._pool.host_of_room(room.id)
        seen = None if host is None else copy.copy(host)
        return EnteredHost(seen, tuple(room.places.values()), replaced, tuple(happenings))

    def _place(
        self, room: Room, booking_id: BookingId | None, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer:
        replaced = None if booking_id is None else room.place_of(booking_id)
        if replaced is not None:
            del room.places[replaced.peer]
        place = room.places[peer] = Place(peer, address, booking_id)
        happenings: list[Happening] = []
        booking = None if booking_id is None else self._pool.bookings[booking_id]
        if booking is not None:
            booking.player_entered()
            happenings = _meet(self._pool, room, booking.id, now)
        seen = copy.copy(booking)
        return EnteredPlayer(place, seen, room.host, replaced, tuple(happenings))

    def _unclaimed(self, room: Room) -> BookingId | None:
        """The oldest live booking of the room's host whose player is not here."""
        host = self._pool.host_of_room(room.id)
        bookings = [] if host is None else host.bookings
        return next((item for item in bookings if room.place_of(item) is None), None)

    def _leave(self, room: Room, address: Address, now: float) -> Left | None:
        players = tuple(room.places.values())
        if room.host == address:
            return Left(Side.HOST, None, None, players, tuple(self._host_left(room, now)))
        place = room.place_at(address)
        if place is not None:
            del room.places[place.peer]
            self._player_left(place, now)
            return Left(Side.PLAYER, place.peer, room.host, (), ())
        for network, candidate in room.candidates.items():
            if candidate.address == address:
                del room.candidates[network]
                return Left(Side.CANDIDATE, None, None, (), ())
        return None

    def _host_left(self, room: Room, now: float) -> list[Happening]:
        room.host = None
        host = self._pool.host_of_room(room.id)
        if host is None:
            return []
        host.in_room, host.left_room_at = False, now
        return self._pool.settle(host, now)

    def _player_left(self, place: Place, now: float) -> None:
        if place.booking_id is not None:
            booking = self._pool.bookings[place.booking_id]
            booking.player_gone(now)
            self._pool.watch(booking)


def seat_host(pool: Pool, room: Room, address: Address, now: float) -> list[Happening]:
    """Put this socket on the host's seat; bookings whose player is here connect."""
    room.host = address
    host = pool.host_of_room(room.id)
    if host is None:
        return []
    host.in_room, host.left_room_at = True, None
    happenings: list[Happening] = []
    for booking_id in list(host.bookings):
        happenings += _meet(pool, room, booking_id, now)
    return happenings + pool.settle(host, now)


def expire_candidate(pool: Pool, room_id: RoomId, connection: int, now: float) -> list[Happening]:
    """Turn away a candidate that nobody vouched for in time."""
    room = pool.rooms.get(room_id)
    if room is None:
        return []
    for network, candidate in room.candidates.items():
        old = now >= candidate.since + pool.leases.recognise_for
        if candidate.address.connection == connection and old:
            del room.candidates[network]
            pool.drop_if_empty(room)
            return [CandidateExpired(candidate.address)]
    return []


def _meet(pool: Pool, room: Room, booking_id: BookingId, now: float) -> list[Happening]:
    booking = pool.bookings[booking_id]
    both = room.host is not None and room.place_of(booking_id) is not None
    return pool.connect(booking, now) if both and booking.state is State.HELD else []
