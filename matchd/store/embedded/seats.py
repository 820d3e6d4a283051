"""Sitting down and standing up in signaling rooms: the steps the port is made of. Backend-internal.

Every socket in a room is noted under its node as well (`Pool.sit`), for the day that node dies. The
Redis backend has the same steps in lua/prelude/07_rooms.lua.
"""

from __future__ import annotations

import copy

from matchd.domain.bookings import Booking, State
from matchd.domain.happenings import CandidateExpired, Happening
from matchd.domain.ids import Address, BookingId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place, Room, Side, next_turn
from matchd.store.embedded.pool import Pool
from matchd.store.ports import EnteredHost, EnteredPlayer, Left


def seat_host(pool: Pool, room: Room, address: Address, now: float) -> list[Happening]:
    """Put this socket on the host's seat; bookings whose player is here connect."""
    if room.host is not None:
        pool.rise(room.host)
    room.host, room.host_turn = address, next_turn(room.host_turn, now)
    pool.sit(address, room.id)
    host = pool.host_of_room(room.id)
    if host is None:
        return []
    host.in_room, host.left_room_at = True, None
    happenings: list[Happening] = []
    for booking_id in list(host.bookings):
        happenings += _meet(pool, room, booking_id, now)
    return happenings + pool.settle(host, now)


def enter_seat(pool: Pool, room: Room, address: Address, now: float) -> EnteredHost:
    """Take the host's seat, and answer who is here."""
    replaced = room.host
    return seated(pool, room, replaced, seat_host(pool, room, address, now))


def seated(
    pool: Pool, room: Room, replaced: Address | None, happenings: list[Happening]
) -> EnteredHost:
    """The answer to a host that has its seat."""
    host = copy.copy(pool.host_of_room(room.id))
    players = tuple(room.places.values())
    return EnteredHost(host, room.host_turn, players, replaced, tuple(happenings))


def enter_place(
    pool: Pool, room: Room, place: Place, booking: Booking | None, now: float
) -> EnteredPlayer:
    """Take a player's place (of no booking in mode `open`), and answer who is here."""
    replaced = None if booking is None else room.place_of(booking.id)
    if replaced is not None:
        drop_place(pool, room, replaced.peer)
    room.places[place.peer] = place
    pool.sit(place.address, room.id)
    happenings: list[Happening] = []
    if booking is not None:
        booking.player_entered()
        happenings = _meet(pool, room, booking.id, now)
    return placed(room, place, booking, replaced, happenings)


def placed(
    room: Room,
    place: Place,
    booking: Booking | None,
    replaced: Place | None,
    happenings: list[Happening],
) -> EnteredPlayer:
    """The answer to a player who has his place."""
    seen = copy.copy(booking)
    return EnteredPlayer(place, seen, room.host, room.host_turn, replaced, tuple(happenings))


def wait_outside(pool: Pool, room: Room, candidate: Candidate) -> Address | None:
    """Keep a candidate; the older one of its network that it replaces."""
    former = room.candidates.get(candidate.network)
    if former is not None:
        pool.rise(former.address)
    room.candidates[candidate.network] = candidate
    pool.sit(candidate.address, room.id)
    due = candidate.since + pool.leases.recognise_for
    pool.agenda.put(("candidate", room.id, candidate.address), due)
    return None if former is None else former.address


def drop_place(pool: Pool, room: Room, peer: PeerId) -> Place:
    """Empty a place."""
    place = room.places.pop(peer)
    pool.rise(place.address)
    return place


def drop_candidate(pool: Pool, room: Room, candidate: Candidate) -> None:
    """Forget a candidate."""
    del room.candidates[candidate.network]
    pool.rise(candidate.address)


def take_out(pool: Pool, room_id: RoomId, address: Address, now: float) -> Left | None:
    """Take one socket out of its room; None when it is not there."""
    room = pool.rooms.get(room_id)
    if room is None:
        return None
    left = _leave(pool, room, address, now)
    pool.drop_if_empty(room)
    return left


def expire_candidate(pool: Pool, room_id: RoomId, address: Address, now: float) -> list[Happening]:
    """Turn away a candidate that nobody vouched for in time."""
    room = pool.rooms.get(room_id)
    candidate = None if room is None else room.candidate_at(address)
    if room is None or candidate is None or now < candidate.since + pool.leases.recognise_for:
        return []
    drop_candidate(pool, room, candidate)
    pool.drop_if_empty(room)
    return [CandidateExpired(address)]


def _leave(pool: Pool, room: Room, address: Address, now: float) -> Left | None:
    players = tuple(room.places.values())
    if room.host == address:
        return Left(Side.HOST, None, None, players, tuple(_host_left(pool, room, now)))
    place = room.place_at(address)
    if place is not None:
        drop_place(pool, room, place.peer)
        _player_left(pool, place, now)
        return Left(Side.PLAYER, place.peer, room.host, (), ())
    candidate = room.candidate_at(address)
    if candidate is not None:
        drop_candidate(pool, room, candidate)
        return Left(Side.CANDIDATE, None, None, (), ())
    return None


def _host_left(pool: Pool, room: Room, now: float) -> list[Happening]:
    assert room.host is not None
    pool.rise(room.host)
    room.host = None
    host = pool.host_of_room(room.id)
    if host is None:
        return []
    host.in_room, host.left_room_at = False, now
    return pool.settle(host, now)


def _player_left(pool: Pool, place: Place, now: float) -> None:
    if place.booking_id is not None:
        booking = pool.bookings[place.booking_id]
        booking.player_gone(now)
        pool.watch(booking)


def _meet(pool: Pool, room: Room, booking_id: BookingId, now: float) -> list[Happening]:
    booking = pool.bookings[booking_id]
    both = room.host is not None and room.place_of(booking_id) is not None
    return pool.connect(booking, now) if both and booking.state is State.HELD else []
