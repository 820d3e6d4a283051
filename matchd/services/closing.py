"""How a node parts from all its sockets of a kind: at once, or one after the other when it restarts.

Owns the words and the pace. Who is closed is told 1012, and comes back, here or elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import trio

from matchd.clock import Clock
from matchd.protocol.news import Close

AWAY = "this node was away for too long"
"""Why a socket is closed of which others have been told that its node is dead."""

PACE = 0.02
"""Seconds between two sockets that a drain closes: a few do not hold up a restart."""


class Closable(Protocol):
    """A socket's session."""

    def end(self, code: Close, reason: str) -> None:
        """Close the socket after what was put before."""


class Warned(Closable, Protocol):
    """A socket's session that can be told beforehand."""

    def go_away(self, deadline: int) -> None:
        """Say that the server restarts, and is gone by then (shown wall seconds)."""


def evict(sessions: Iterable[Closable]) -> None:
    """Close every socket: others have been told that this node is dead."""
    for session in tuple(sessions):
        session.end(Close.RESTART, AWAY)


async def drain(sessions: Iterable[Warned], seconds: float, clock: Clock) -> None:
    """Tell every socket, then close one after the other within so many seconds, so that they do not all
    come back at once.
    """
    leaving = tuple(sessions)
    deadline = clock.shown(clock.now() + seconds)
    for session in leaving:
        session.go_away(deadline)
    pause = min(PACE, seconds / max(1, len(leaving)))
    for session in leaving:
        session.end(Close.RESTART, "the server restarts")
        await trio.sleep(pause)
