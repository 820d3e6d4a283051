"""Token buckets: how often one caller may do one thing. Pure; `services/limits.py` keeps the tables.

A rate is written `count/unit` (`30/min`): the bucket holds `count` tokens and is refilled evenly
over the unit, so a caller may burst `count` and then goes on at `count` a unit (wire.md 1.4).
"""

from __future__ import annotations

import functools
import re

import msgspec

_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|min|h)", re.ASCII)
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


class Rate(msgspec.Struct, frozen=True):
    """At most `count` at once, `per_second` in the long run."""

    count: int
    per_second: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `30/min`; ValueError says what is allowed."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError("a rate is written count/unit with unit s, min or h, such as 30/min")
        count = int(match[1])
        return cls(count, count / _UNITS[match[2]])

    @classmethod
    def a_minute(cls, count: int) -> Rate:
        """So many a minute: one value for all who ask for the same."""
        return _minutely(count)


@functools.cache
def _minutely(count: int) -> Rate:
    return Rate(count, count / 60)


class Bucket(msgspec.Struct, gc=False):
    """The tokens one caller has left, as of `at` (seconds)."""

    tokens: float
    at: float

    def take(self, rate: Rate, now: float, cost: float = 1.0) -> float:
        """Spend `cost` and return 0.0, or spend nothing and return the seconds to wait."""
        tokens = self.tokens
        if now > self.at:
            tokens += (now - self.at) * rate.per_second
        # Also where no time has passed: a reload may have made the rate a smaller one.
        if tokens > rate.count:
            tokens = float(rate.count)
        self.at = now
        if tokens >= cost:
            self.tokens = tokens - cost
            return 0.0
        self.tokens = tokens
        return (cost - tokens) / rate.per_second
