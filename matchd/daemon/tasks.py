"""The background tasks. Each runs until cancelled; an error in one takes the daemon down."""

from __future__ import annotations

import gc
import time
from contextlib import suppress
from typing import Any, Protocol

import trio

from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.notify import Notifier
from matchd.services.rooms import RoomService
from matchd.services.settings import Current

_log = get_logger()

REFRESH = 5.0
"""Seconds between two looks at the credentials of open sockets."""

ASK = 60.0
"""Seconds between two looks at how Redis is set up."""

GC_THRESHOLDS = (100_000, 50, 50)
"""Measured: the defaults cost 90 ms pauses at 9,000 sockets, which make no cyclic garbage."""


async def refresh_credentials(rooms: RoomService) -> None:
    """Push fresh ICE servers to sockets before their last ones run out."""
    while True:
        await trio.sleep(REFRESH)
        await rooms.refresh()


class Adviser(Protocol):
    """A store that may be set up so that it loses something."""

    async def advice(self) -> tuple[str, ...]:
        """What its administrator should change."""


async def keep_advised(store: Adviser, current: Current) -> None:
    """Ask Redis what it may lose, so that /readyz can tell without asking; log what is new."""
    while True:
        with suppress(StoreUnavailable):
            former, current.advice = current.advice, await store.advice()
            for sentence in current.advice:
                if sentence not in former:
                    _log.warning("store.advice", advice=sentence)
        await trio.sleep(ASK)


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
