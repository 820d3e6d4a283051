"""What administrators see of rooms, hosts and the whole (wire.md 9). Pure."""

from __future__ import annotations

from matchd.protocol.bodies import Answer


class RoomPlace(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A player's place in a room."""

    peer: str
    booking_id: str | None


class RoomEntry(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A room; `candidates` are sockets that no heartbeat has vouched for yet."""

    room_id: str
    host_id: str | None
    host_here: bool
    players: tuple[RoomPlace, ...]
    candidates: int


class HostTtl(Answer, frozen=True, kw_only=True):
    """How long a host is still offered."""

    host_id: str
    ttl_seconds: int


class Checked(Answer, frozen=True, kw_only=True):
    """`GET /api/admin/check`: the invariants, checked now."""

    ok: bool
    violations: tuple[str, ...]


class HostCount(Answer, frozen=True, kw_only=True):
    """Hosts that are there, and those with a free slot."""

    alive: int
    free: int


class BookingCount(Answer, frozen=True, kw_only=True):
    """Bookings by where they stand."""

    held: int
    connected: int


class LobbyCount(Answer, frozen=True, kw_only=True):
    """Lobbies by where they stand."""

    waiting: int
    in_progress: int


class Overview(Answer, frozen=True, kw_only=True):
    """`GET /api/admin/counters`."""

    hosts: HostCount
    bookings: BookingCount
    waiting: int
    lobbies: LobbyCount
    queued: int
    games: int
    sockets: int
    draining: bool
