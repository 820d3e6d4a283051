"""What the generator is asked to do, and what it measured. JSON on its standard input and output."""

from __future__ import annotations

from typing import Literal

import msgspec


class Watched(msgspec.Struct, frozen=True):
    """The processes whose CPU is measured: the daemon's (several nodes count as one), and the Redis
    behind it if there is one.
    """

    servers: tuple[int, ...]
    redis: int | None = None


class HttpJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A closed loop: each connection sends its next request when the last one is answered.

    `finds`: a find and the release of its booking, in turn. `beats`: one host after another. The
    connections are spread evenly over the ports. `hosts` are registered first.
    """

    ports: tuple[int, ...]
    watched: Watched
    script: Literal["finds", "beats"]
    connections: int
    hosts: int
    seconds: float


class RelayJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Pairs of host and player: a closed loop with one signal in flight per pair, then an open loop
    in which players send `rate` signals a second, whatever comes back.
    """

    host_port: int
    player_port: int
    watched: Watched
    pairs: int
    seconds: float
    rate: int


class IdleJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open sockets in pairs, let them rest (`settle` seconds), read what the process has grown by."""

    port: int
    pid: int
    sockets: int
    settle: float


class RoomsJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open so many rooms of two for matchbox peers, let them rest, let some talk."""

    port: int
    pid: int
    pairs: int
    seconds: float
    settle: float


class GamesJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Have the players of these tokens queue on so many connections, meet in games of two, and move as
    the pairs of a RelayJob do. The ports are those of the nodes; `bare`: behind them is a relay only.
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


Job = HttpJob | RelayJob | IdleJob | RoomsJob | GamesJob | ChatJob | UnreadJob


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
    """Both loops of a RelayJob."""

    closed: Sample
    open: Sample


class IdleSample(msgspec.Struct, frozen=True, kw_only=True):
    """Proportional set size per socket in kB, and sockets opened per second."""

    kilobytes: float
    opens: float


class ChatSample(msgspec.Struct, frozen=True, kw_only=True):
    """The messages that were acknowledged, and how many all members were sent meanwhile."""

    stored: Sample
    delivered: int


class UnreadSample(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds to the first unread message, and the window to the last one."""

    first: float
    caught: Sample


class RoomsSample(msgspec.Struct, frozen=True, kw_only=True):
    """The opening of the rooms, the proportional set size per socket in kB, and the signals."""

    opened: Sample
    kilobytes: float
    talked: Sample


class GamesSample(msgspec.Struct, frozen=True, kw_only=True):
    """The joins (None of a bare relay), and both loops of moves."""

    joined: Sample | None
    closed: Sample
    open: Sample
