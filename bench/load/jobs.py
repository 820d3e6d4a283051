"""What the generators are asked to do, and what they measured. JSON on standard input and output."""

from __future__ import annotations

import msgspec


class Watched(msgspec.Struct, frozen=True):
    """The processes whose CPU is measured: the daemon's (several nodes count as one), and the Redis
    behind it if there is one.
    """

    servers: tuple[int, ...]
    redis: int | None = None


class GamesJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Have the players of these tokens queue on so many connections, meet in games of two, and move in
    a closed and in an open loop. The ports are those of the nodes; `bare`: behind them is a relay only.
    """

    ports: tuple[int, ...]
    watched: Watched
    tokens: tuple[str, ...]
    connections: int
    seconds: float
    rate: int
    bare: bool = False


class ChatJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One chat room with so many members on sockets; a server without `accounts` lets anybody in."""

    port: int
    watched: Watched
    members: int
    accounts: bool
    seconds: float


class UnreadJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """So many messages for a member who is away, and his connect."""

    port: int
    watched: Watched
    messages: int


Job = GamesJob | ChatJob | UnreadJob


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One measured window: operations, its seconds, CPU seconds of the servers, of Redis and of the
    generator, and latencies in milliseconds.
    """

    operations: int
    seconds: float
    server_cpu: float
    redis_cpu: float
    own_cpu: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds

    @property
    def microseconds(self) -> float:
        """CPU of the servers per operation."""
        return self.server_cpu / max(1, self.operations) * 1e6

    @property
    def redis_microseconds(self) -> float:
        """CPU of Redis per operation."""
        return self.redis_cpu / max(1, self.operations) * 1e6

    @property
    def own_share(self) -> float:
        """How much of a core the generator used, in percent; near 100 it was the limit."""
        return self.own_cpu / self.seconds * 100


class RelaySample(msgspec.Struct, frozen=True, kw_only=True):
    """A closed loop (one signal in flight per pair) and an open one; None is what was not asked for."""

    closed: Sample | None
    open: Sample | None


class IdleSample(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of a process in kB: its proportional set before and with so many sockets, and what is
    resident then; and the seconds in which they were opened.
    """

    before: int
    proportional: int
    resident: int
    sockets: int
    seconds: float

    @property
    def each(self) -> float:
        """What one socket weighs."""
        return (self.proportional - self.before) / self.sockets


class ChatSample(msgspec.Struct, frozen=True, kw_only=True):
    """The messages that were acknowledged, and how many all members were sent meanwhile."""

    stored: Sample
    delivered: int


class UnreadSample(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds to the first unread message, and the window to the last one."""

    first: float
    caught: Sample


class GamesSample(msgspec.Struct, frozen=True, kw_only=True):
    """The joins (None of a bare relay), and both loops of moves."""

    joined: Sample | None
    closed: Sample
    open: Sample
