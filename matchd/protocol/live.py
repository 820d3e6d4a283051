"""How it goes, as administrators see it: counters, nodes, TURN servers (wire.md 9). Pure."""

from __future__ import annotations

from typing import Any

from matchd.protocol.bodies import Answer, Body


class RegionCounts(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """The hosts of a region: those with a free slot, those without, and those that are not offered
    because they have not been heard of, or not been seen in their room, for too long.
    """

    region: str
    free: int = 0
    busy: int = 0
    away: int = 0


class Waits(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """How many have waited, and how many seconds all of them together."""

    count: int
    seconds: float


class Here(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """What one node has counted since it started: it alone, and nothing of the others."""

    node: str
    requests: int
    connections: int
    sockets: dict[str, int]
    finds: dict[str, int]
    waits: Waits
    queue_waits: Waits
    minted: dict[str, int]
    refused: dict[str, int]
    closed: dict[str, int]
    faults: dict[str, int]


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


class Overview(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`GET /api/admin/counters`: what there is in the store, and on the node that answers."""

    at: float
    hosts: HostCount
    regions: tuple[RegionCounts, ...]
    bookings: BookingCount
    waiting: int
    lobbies: LobbyCount
    queued: int
    games: int
    accounts: int
    sockets: int
    draining: bool
    drained: bool
    here: Here


class Checked(Answer, frozen=True, kw_only=True):
    """`GET /api/admin/check`: the invariants, checked now."""

    ok: bool
    violations: tuple[str, ...]


class Myself(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`GET /api/admin/me`: whose token this is, and until when (Unix seconds)."""

    name: str | None
    role: str
    expires_at: int | None


class NodeStatus(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`GET /api/admin/status`: the node that answers, since when it runs (Unix seconds) and for how
    long (seconds), the names of its TURN servers, and the last warnings and errors of its log.
    """

    version: str
    node: str
    started: float
    uptime: float
    turn: tuple[str, ...]
    troubles: tuple[dict[str, Any], ...]


class NodeEntry(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A node that shares the store; `here` is the one that answers."""

    id: str
    here: bool
    drained: bool


class DrainBody(Body, frozen=True, kw_only=True):
    """`POST /api/admin/drain`: on or off, for the node that is asked, one of this id, or all."""

    on: bool
    node: str | None = None
    all: bool = False


class ProbeView(Answer, frozen=True, kw_only=True):
    """What the last probe of a TURN server found: whether it can be used, in how many milliseconds it
    answered, and what is wrong with it; `at` is in Unix seconds.
    """

    at: int
    ok: bool
    rtt_ms: float | None = None
    cause: str | None = None


class TurnEntry(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A TURN server that is configured; `offered`: players are told of it; `probe` is None while nobody
    has looked.
    """

    name: str
    urls: tuple[str, ...]
    regions: tuple[str, ...]
    weight: int
    offered: bool
    probe: ProbeView | None
