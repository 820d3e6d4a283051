"""Calls that wait for what another task finds out: what both backends suspend their callers with.

Theory of operation. A cancel scope with a deadline costs twice what all else of a call costs the loop,
so there is none: a caller is suspended by hand, and one task (`end_overdue`) ends the wait of those
whose time is over. It sleeps until the first of them is due, which nobody is sooner than one whole
patience after his call. Used by `store.embedded` and `store.redis` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import trio


class Call:
    """A call, and its outcome once it is `over`; `wanted` until then, or until its caller gives up."""

    __slots__ = ("_waiter", "due", "outcome", "over", "wanted")

    def __init__(self, due: float = inf) -> None:
        self.due = due
        self.outcome: Any = None
        self.over = False
        self.wanted = True
        self._waiter: trio.lowlevel.Task | None = None

    async def wait(self, *, to_the_end: bool = False) -> None:
        """Return once it is over; `to_the_end` even when cancelled meanwhile. Once, by one task."""

        def give_up(_raise_cancel: object) -> trio.lowlevel.Abort:
            if to_the_end:
                return trio.lowlevel.Abort.FAILED
            self.wanted, self._waiter = False, None
            return trio.lowlevel.Abort.SUCCEEDED

        if self.over:
            await trio.lowlevel.checkpoint()
            return
        self._waiter = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(give_up)

    def finish(self, outcome: Any) -> None:
        """Hand the outcome over, the first one that is known; nobody may be waiting any more."""
        if self.over:
            return
        self.outcome, self.over, self.wanted = outcome, True, False
        if self._waiter is not None:
            trio.lowlevel.reschedule(self._waiter)
            self._waiter = None


async def end_overdue(
    waiting: Callable[[], Iterable[Call]], patience: float, late: Callable[[Call], Any]
) -> None:
    """For ever end calls that are due, with what is said to them; a new one has so much `patience`."""
    while True:
        now = trio.current_time()
        soonest = now + patience
        for call in waiting():
            if call.due <= now:
                call.finish(late(call))
            elif not call.over:
                soonest = min(soonest, call.due)
        await trio.sleep_until(soonest)
