"""When each record has to be looked at next: a heap with one live entry per key. Used by the pool.

A deadline that moves earlier is pushed again; one that moves later is found out when its old entry
comes up, so a heartbeat costs no heap operation.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Literal

from matchd.domain.ids import Address

Kind = Literal["host", "booking", "candidate", "node"]
Key = tuple[Kind, str, Address | None]
"""What to look at: kind, id, and the socket where a candidate is meant."""


class Agenda:
    """Deadlines in lease seconds. O(log n) to add, O(log n) for each one that is due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Key]] = []
        self._due: dict[Key, float] = {}

    def put(self, key: Key, due: float) -> None:
        """Look at `key` at `due` or before."""
        known = self._due.get(key)
        if known is None or due < known:
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))

    def take(self, now: float) -> Iterator[Key]:
        """Each key that is due, once; the taker puts it back if it has a later deadline."""
        while self._heap and self._heap[0][0] <= now:
            due, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                yield key

    def __len__(self) -> int:
        return len(self._heap)
