"""What the lane keeps to, and what it leaves to the HTTP edge."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds a caller gets: for the head of his first request, for a body, between two requests."""

    head: float = 5.0
    body: float = 10.0
    keep_alive: float = 75.0


@dataclass(frozen=True, slots=True)
class Rest:
    """A connection that is left: what of it is `unread`, whether anything was `answered`, until when
    the caller may stay silent (`due`), and until when a body that has begun must be here (`body_due`).
    """

    unread: bytes
    answered: bool
    due: float
    body_due: float = inf
