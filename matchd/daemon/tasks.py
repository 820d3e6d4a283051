"""The background tasks. Each runs until cancelled; an error in one takes the daemon down."""

from __future__ import annotations

import gc
import time
from typing import Any

import trio

from matchd.metrics import Metrics
from matchd.notify import Notifier
from matchd.services.rooms import RoomService

REFRESH = 5.0
"""Seconds between two looks at the credentials of open sockets."""

GC_THRESHOLDS = (100_000, 50, 50)
"""Measured: the defaults cost 90 ms pauses at 9,000 sockets, which make no cyclic garbage."""


async def refresh_credentials(rooms: RoomService) -> None:
    """Push fresh ICE servers to sockets before their last ones run out."""
    while True:
        await trio.sleep(REFRESH)
        rooms.refresh()


async def feed_watchdog(notifier: Notifier) -> None:
    """Tell systemd that the main loop turns; nothing else, so that no dependency can kill us."""
    if not notifier.watchdog:
        return
    while True:
        notifier.alive()
        await trio.sleep(notifier.watchdog / 3)


def settle_collector(metrics: Metrics) -> None:
    """Freeze what start-up made, collect rarely, measure each pause."""
    started = 0.0

    def measure(phase: str, info: dict[str, Any]) -> None:  # noqa: ARG001  # gc's calling convention
        nonlocal started
        if phase == "start":
            started = time.perf_counter()
        else:
            metrics.gc_pause.observe(time.perf_counter() - started)

    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.callbacks.append(measure)
