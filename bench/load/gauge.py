"""What a process has used: CPU seconds and memory, from /proc (proc(5))."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from bench.load.jobs import Sample

_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Gauge:
    """Measures one window: made at its beginning, `read` at its end."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._server = cpu_seconds(pid)
        self._own = time.process_time()
        self._began = time.perf_counter()

    def read(self, operations: int, latencies: Sequence[float]) -> Sample:
        """The window up to now; `latencies` in seconds."""
        seconds = time.perf_counter() - self._began
        ordered = sorted(latencies)
        return Sample(
            operations=operations,
            seconds=seconds,
            server_cpu=cpu_seconds(self._pid) - self._server,
            own_cpu=time.process_time() - self._own,
            p50=_quantile(ordered, 0.5) * 1000,
            p99=_quantile(ordered, 0.99) * 1000,
        )


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, in steps of the kernel's tick (10 ms)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    # The name in parentheses may hold blanks; utime and stime are fields 14 and 15.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def kilobytes(pid: int) -> int:
    """Proportional set size: the memory that would be free without this process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1])


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
