"""What operations on a store cost in this process and in the Redis behind it.

Round trips are counted where redis-py hands bytes to a socket, so every way of using it is counted
alike; commands and CPU are Redis' own figures (INFO), those inside scripts included.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import msgspec
import redis
from redis.connection import AbstractConnection

from bench.load.gauge import quantile


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One measured window: CPU in seconds, latencies in milliseconds."""

    operations: int
    seconds: float
    own_cpu: float
    redis_cpu: float
    trips: int
    scripts: int
    commands: int
    p50: float
    p99: float


class Trips:
    """How often anything was sent to Redis by this process."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def counted_trips() -> Iterator[Trips]:
    """Count the round trips of redis-py for as long as this lasts."""
    trips = Trips()
    send = AbstractConnection.send_packed_command

    def counting(connection: AbstractConnection, *packed: object, **options: object) -> object:
        trips.count += 1
        return send(connection, *packed, **options)  # type: ignore[no-untyped-call]  # redis-py's own

    with patch.object(AbstractConnection, "send_packed_command", counting):
        yield trips


class _Used(msgspec.Struct, frozen=True):
    """What Redis has done so far."""

    cpu: float
    scripts: int
    commands: int


class Meter:
    """Measures windows, one after another: `start`, then `read`."""

    def __init__(self, path: str, trips: Trips) -> None:
        # Fixed after construction.
        self._client = redis.Redis(unix_socket_path=path, protocol=2)
        self._trips = trips
        # The window under way.
        self._before = _Used(0, 0, 0)
        self._sent = 0
        self._own = self._began = 0.0

    def start(self) -> None:
        """Begin a window."""
        self._before = self._used()
        self._sent = self._trips.count
        self._own = time.process_time()
        self._began = time.perf_counter()

    def read(self, operations: int, latencies: Sequence[float] = ()) -> Cost:
        """The window up to now; `latencies` in seconds."""
        seconds = time.perf_counter() - self._began
        own, sent = time.process_time() - self._own, self._trips.count - self._sent
        used, ordered = self._used(), sorted(latencies)
        return Cost(
            operations=operations,
            seconds=seconds,
            own_cpu=own,
            redis_cpu=used.cpu - self._before.cpu,
            trips=sent,
            scripts=used.scripts - self._before.scripts,
            # Our own question at the beginning is counted in its answer at the end only.
            commands=used.commands - self._before.commands - 1,
            p50=quantile(ordered, 0.5) * 1000,
            p99=quantile(ordered, 0.99) * 1000,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _used(self) -> _Used:
        info = self._client.info("all")
        assert isinstance(info, dict)
        scripts = info.get("cmdstat_evalsha", {"calls": 0})["calls"]
        cpu = info["used_cpu_user"] + info["used_cpu_sys"]
        return _Used(cpu, scripts, info["total_commands_processed"])
