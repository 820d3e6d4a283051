"""The one clock: every deadline and every time on the wire comes from here. Edges stamp `now` once.

Lease time must not jump when an administrator or NTP sets the wall clock, so it is the wall time at
start plus the monotonic time since (`now`). Credentials that other machines judge by their own wall
clocks (TURN, JWT) use `wall`. Tests replace the wall by a fixed epoch and let Trio's clock run it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import trio


class Clock:
    """Seconds since 1970 as floats; `now` never goes backwards, `wall` follows the system clock."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        # What `trio.current_time` asks too, after it has found out which run it is in.
        self._time = trio.lowlevel.current_clock().current_time
        self._offset = wall() - self._time()

    def now(self) -> float:
        """Lease time: monotonic, epoch-like (exactly the wall time when the daemon started)."""
        return self._time() + self._offset

    def wall(self) -> float:
        """The system's wall clock, which may jump."""
        return self._wall()

    def shown(self, moment: float) -> int:
        """A moment of lease time as the Unix second that clients are told."""
        return int(moment - self.now() + self._wall())
