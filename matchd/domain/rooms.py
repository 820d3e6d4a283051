"""A signaling room: one host, one place per booking, and candidates nobody vouches for yet. Pure.

Rules (wire.md 2.5): the newest socket of an identity wins; a place is made anew for every socket, so
an answer meant for a player's former connection can't reach his new one; one candidate per room and
address, which becomes the host when an authenticated beat names the room from that address.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import Address, BookingId, HostId, PeerId, RoomId


class Side(enum.StrEnum):
    """Who a socket is in its room."""

    HOST = "host"
    PLAYER = "player"
    CANDIDATE = "candidate"


class Place(msgspec.Struct, frozen=True):
    """A player's place: where his socket is, and the booking that opened the door (None: dev mode)."""

    peer: PeerId
    address: Address
    booking_id: BookingId | None


class Candidate(msgspec.Struct, frozen=True):
    """A socket without credentials that may turn out to be the host."""

    address: Address
    network: str
    since: float


class Room(msgspec.Struct, kw_only=True):
    """Who is in a room. `host` is the host's socket, `host_id` the registered host as far as the
    store told it; empty rooms are dropped by the store.
    """

    id: RoomId
    host: Address | None = None
    host_id: HostId | None = None
    places: dict[PeerId, Place] = {}
    candidates: dict[str, Candidate] = {}

    @property
    def empty(self) -> bool:
        """Whether nobody is here any more."""
        return self.host is None and not self.places and not self.candidates

    def place_of(self, booking_id: BookingId) -> Place | None:
        """The place that a booking's player has, if he is here."""
        for place in self.places.values():
            if place.booking_id == booking_id:
                return place
        return None

    def place_at(self, address: Address) -> Place | None:
        """The place of one socket."""
        for place in self.places.values():
            if place.address == address:
                return place
        return None
