"""What a process has used: CPU seconds and memory, from /proc (proc(5))."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from bench.load.jobs import Sample, Watched

_TICK = 1 / os.sysconf("SC_CLK_TCK")


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
    """User and system time of a process so far, in steps of the kernel's tick (10 ms)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    # The name in parentheses may hold blanks; utime and stime are fields 14 and 15.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _used(watched: Watched) -> tuple[float, float]:
    """CPU seconds of the servers and of Redis."""
    redis = 0.0 if watched.redis is None else cpu_seconds(watched.redis)
    return sum(map(cpu_seconds, watched.servers)), redis


def kilobytes(pid: int) -> int:
    """Proportional set size: the memory that would be free without this process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1])


def quantile(ordered: Sequence[float], share: float) -> float:
    """What this share of the sorted values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
