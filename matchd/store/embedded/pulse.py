"""When nothing may expire, and when nothing is given away: what the pool knows of outages.

The rules of `Leases` (domain/hosts.py); the Redis backend has the same in lua/prelude.
Backend-internal.
"""

from __future__ import annotations

import math

from matchd.domain.hosts import Leases


class Pulse:
    """The last sign of any node, and what follows from its absence. Times are lease seconds."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._calm_until = -math.inf
        self._heard_at: float | None = None
        self._recovering_since: float | None = None

    def beat(self, now: float) -> None:
        """Some node lives; after an outage all leases get the time to be renewed, but not for ever
        where outages follow each other.
        """
        if self._is_outage(now):
            self._calm_until = now + self._leases.node
        self._heard_at = now

    def is_calm(self, now: float) -> bool:
        """Whether nothing may expire: nobody could renew anything until just now."""
        return now < self._calm_until or self._is_outage(now)

    def recover(self, now: float) -> None:
        """A node was known before; the first one that says so counts."""
        if self._recovering_since is None:
            self._recovering_since = now

    def withheld_until(self, now: float) -> float:
        """Until when a host that registers now is not offered; 0 when it is at once."""
        if self._recovering_since is None:
            return 0.0
        recovered = self._recovering_since + self._leases.recovery
        return recovered if now < recovered else 0.0

    def _is_outage(self, now: float) -> bool:
        silent = self._heard_at is not None and now - self._heard_at > self._leases.outage
        return silent and now >= self._calm_until + self._leases.node
