"""What a player says before his host is there, kept for a while (wire.md 2.5). Owned by his session."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from matchd.metrics import Metrics
from matchd.services.settings import RelayLimits


class LateBuffer:
    """Messages in order, bounded in number, size and age; times are lease seconds."""

    __slots__ = ("_bytes", "_kept", "_limits", "_metrics")

    def __init__(self, limits: RelayLimits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._kept: deque[tuple[float, bytes]] | None = None  # most players never need it
        self._bytes = 0

    def keep(self, text: bytes, now: float) -> bool:
        """Keep a message; False when there is no room."""
        self._forget(now)
        if self._kept is None:
            self._kept = deque()
        full = len(self._kept) >= self._limits.late_messages
        if full or self._bytes + len(text) > self._limits.late_bytes:
            self._metrics.dropped.labels("late_full").inc()
            return False
        self._kept.append((now, text))
        self._bytes += len(text)
        return True

    def take(self, now: float) -> Iterator[bytes]:
        """Each message that is not too old, once."""
        self._forget(now)
        while self._kept:
            _, text = self._kept.popleft()
            self._bytes -= len(text)
            yield text

    def _forget(self, now: float) -> None:
        """Drop what has waited for longer than it may, so that it takes no room from the rest."""
        oldest = now - self._limits.late_seconds
        while self._kept and self._kept[0][0] < oldest:
            self._bytes -= len(self._kept.popleft()[1])
            self._metrics.dropped.labels("late_expired").inc()
