"""How long things may take, and how long to wait before they are tried again. Seconds throughout."""

from __future__ import annotations

import random

import msgspec

_MOST_DOUBLINGS = 16


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a client; those given are for the Internet."""

    answer: float = 10.0
    """For an answer, a handshake, or a message to be written."""
    ping: float = 15.0
    """Between two pings of ours on a socket; each has `answer` to come back."""
    farewell: float = 3.0
    """For what is said at the end: goodbye, or a release."""
    first: float = 1.0
    """The first wait of a back-off is up to this, the next one up to twice as long, and so on."""
    longest: float = 30.0
    """No wait is longer, unless the server asks for it."""
    steady: float = 10.0
    """A socket that lasted so long begins the next back-off anew."""
    spacing: float = 1.0
    """Between two heartbeats, whatever happens."""


class Backoff:
    """Full jitter: each wait is anything up to a bound that doubles, so that a crowd spreads out."""

    def __init__(self, pace: Pace, dice: random.Random) -> None:
        self._pace = pace
        self._dice = dice
        self._failures = 0

    def reset(self) -> None:
        """It worked."""
        self._failures = 0

    def next(self, at_least: float | None = None) -> float:
        """The wait after one more failure; never shorter than what the server asked for."""
        bound = min(self._pace.first * 2**self._failures, self._pace.longest)
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        return (at_least or 0.0) + self._dice.uniform(0, bound)
