"""How the hosts are, by region: read from the pool once in a while, for all who ask (wire.md 9).

Rules: the pool keeps no such numbers, since only administrators want them; so its pages are read, at
most once in `FRESH` seconds, and `MOST` hosts at most.
"""

from __future__ import annotations

import math

import trio

from matchd.domain.ids import HostId
from matchd.protocol.live import RegionCounts
from matchd.services.core import Core
from matchd.store.ports import HostView

FRESH = 5.0
"""Seconds that a count is good."""

PIECE = 500
"""Hosts that are read at once."""

MOST = 50_000
"""Hosts that are counted."""


class Census:
    """The count of the moment."""

    def __init__(self, core: Core) -> None:
        # Fixed after construction.
        self._core = core
        # Changed only in sync functions.
        self._counted: tuple[RegionCounts, ...] = ()
        self._counted_at = -math.inf

    async def regions(self) -> tuple[RegionCounts, ...]:
        """The hosts of each region, in order of names."""
        now = self._core.clock.now()
        if now >= self._counted_at + FRESH:
            self._counted_at = now  # who asks meanwhile is given the former count
            try:
                self._counted = await self._count(now)
            except BaseException:
                self._counted_at = -math.inf
                raise
        return self._counted

    async def _count(self, now: float) -> tuple[RegionCounts, ...]:
        states: dict[str, dict[str, int]] = {}
        after: HostId | None = None
        for _ in range(MOST // PIECE):
            views = await self._core.store.hosts.page(after, PIECE, now)
            for view in views:
                region = states.setdefault(view.host.region, {"free": 0, "busy": 0, "away": 0})
                region[_state(view)] += 1
            if len(views) < PIECE:
                break
            after = views[-1].host.id
            await trio.lowlevel.checkpoint()
        return tuple(RegionCounts(region=name, **states[name]) for name in sorted(states))


def _state(view: HostView) -> str:
    if not view.offered:
        return "away"
    return "free" if view.free > 0 else "busy"
