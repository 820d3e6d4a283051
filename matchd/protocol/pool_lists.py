"""Bookings and rooms as administrators see them (wire.md 9). Pure."""

from __future__ import annotations

import msgspec

from matchd.domain.rooms import Room
from matchd.protocol.bodies import Answer
from matchd.protocol.bookings import BookingView


class BookingEntry(BookingView, frozen=True, kw_only=True):
    """A booking, without what only its player may have; `owner` is who TURN is counted for: an account,
    or a guest by his address.
    """

    owner: str


class RoomPlayer(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A player's place in a room."""

    peer: str
    booking_id: str | None


class RoomEntry(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A signaling room; `candidates` are sockets that nobody vouches for yet."""

    room_id: str
    host_id: str | None
    host_here: bool
    players: tuple[RoomPlayer, ...]
    candidates: int


def booking_entry(view: BookingView, owner: str) -> BookingEntry:
    """A booking."""
    return BookingEntry(owner=owner, **msgspec.structs.asdict(view))


def room_entry(room: Room) -> RoomEntry:
    """A room."""
    return RoomEntry(
        room_id=room.id,
        host_id=room.host_id,
        host_here=room.host is not None,
        players=tuple(
            RoomPlayer(peer=place.peer, booking_id=place.booking_id)
            for place in room.places.values()
        ),
        candidates=len(room.candidates),
    )
