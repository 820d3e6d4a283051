"""The port of what may be used once: tickets, challenges (wire.md 1.2, 4)."""

from __future__ import annotations

from typing import Protocol


class SpentPort(Protocol):
    """What was used already."""

    async def spend(self, kind: str, digest: bytes, until: float, now: float) -> bool:
        """Whether this is the first use, over all nodes; remembered until `until` at least."""

    async def is_spent(self, kind: str, digest: bytes) -> bool:
        """Whether it was used; changes nothing."""

    async def sweep(self, now: float) -> int:
        """Forget what is due. How many, in bounded steps."""
