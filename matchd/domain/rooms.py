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
    """Who is in a room. `host` is the host's socket, `host_turn` orders the sockets that came to be
    it, `host_id` is the registered host as far as the store told it; empty rooms are dropped.
    """

    id: RoomId
    host: Address | None = None
    host_turn: int = 0
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

    def candidate_at(self, address: Address) -> Candidate | None:
        """The candidate that one socket is."""
        for candidate in self.candidates.values():
            if candidate.address == address:
                return candidate
        return None

    def place_at(self, address: Address) -> Place | None:
        """The place of one socket."""
        for place in self.places.values():
            if place.address == address:
                return place
        return None

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All sockets that are here."""
        host = () if self.host is None else (self.host,)
        players = (place.address for place in self.places.values())
        return (*host, *players, *(one.address for one in self.candidates.values()))


def next_turn(former: int, now: float) -> int:
    """The turn of a socket that becomes the host at `now` (the store's own clock, seconds): news of
    two such sockets may reach a player in either order, and the greater turn is the later one, also
    where the clock of a store that took over is behind.
    """
    return max(former + 1, int(now * 1_000_000))
