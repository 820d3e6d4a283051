"""What processes have used, and how long things took."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.load.jobs import Sample, Watched


class Gauge:
    """Measures one window: made at its beginning, `read` at its end."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._servers, self._redis = _used(watched)
        self._own = time.process_time()
        self._began = time.perf_counter()

    def read(self, operations: int, latencies: Sequence[float]) -> Sample:
        """The window up to now; `latencies` in seconds."""
        seconds = time.perf_counter() - self._began
        servers, redis = _used(self._watched)
        ordered = sorted(latencies)
        return Sample(
            operations=operations,
            seconds=seconds,
            server_cpu=servers - self._servers,
            redis_cpu=redis - self._redis,
            own_cpu=time.process_time() - self._own,
            p50=quantile(ordered, 0.5) * 1000,
            p99=quantile(ordered, 0.99) * 1000,
        )


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far: the kernel's clock of it (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def _used(watched: Watched) -> tuple[float, float]:
    """CPU seconds of the servers and of Redis."""
    redis = 0.0 if watched.redis is None else cpu_seconds(watched.redis)
    return sum(map(cpu_seconds, watched.servers)), redis


def quantile(ordered: Sequence[float], share: float) -> float:
    """What this share of the sorted values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
