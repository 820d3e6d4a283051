"""Who has done what how often: the tables of token buckets, in this node's memory (wire.md 1.4)."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict, defaultdict

from matchd.clock import Clock
from matchd.domain.callers import Caller
from matchd.domain.ids import AddressKey
from matchd.domain.limits import Bucket, Rate
from matchd.errors import RateLimited
from matchd.metrics import Metrics
from matchd.services.settings import Current

MAX_BUCKETS = 100_000
"""Buckets kept per table; beyond it the one used longest ago is forgotten, which only forgives."""

_Table = tuple[str, str]
"""What is counted by, `address` or `identity`, and what is done."""


class Limiter:
    """Token buckets per address and per identity."""

    def __init__(self, current: Current, clock: Clock, metrics: Metrics) -> None:
        self._current = current
        self._clock = clock
        self._metrics = metrics
        self._tables: dict[_Table, OrderedDict[str, Bucket]] = defaultdict(OrderedDict)

    def check(self, caller: Caller, what: str, identity: str | None = None) -> None:
        """Spend one token of the caller's address and of his identity; RateLimited when out."""
        settings = self._current.settings
        if caller.address in settings.exempt:
            return
        rate = settings.address_rates.get(what)
        if rate is not None:
            self._take(("address", what), caller.address_key, rate)
        rate = settings.identity_rates.get(what)
        if rate is not None:
            self._take(("identity", what), identity or caller.identity, rate)

    def check_address(self, address: str, key: AddressKey, what: str) -> None:
        """Spend one token of an address alone; RateLimited when out."""
        settings = self._current.settings
        if address not in settings.exempt:
            self._take(("address", what), key, settings.address_rates[what])

    def peek(self, caller: Caller, what: str) -> None:
        """Refuse what `check` would refuse now, and spend nothing."""
        settings, now = self._current.settings, self._clock.now()
        if caller.address in settings.exempt:
            return
        for scope, key, rates in (
            ("address", caller.address_key, settings.address_rates),
            ("identity", caller.identity, settings.identity_rates),
        ):
            bucket = self._tables.get((scope, what), OrderedDict()).get(key)
            if what in rates and bucket is not None:
                self._admit(copy.copy(bucket).take(rates[what], now), what)

    def is_exempt(self, address: str) -> bool:
        """Whether this address is free of limits."""
        return address in self._current.settings.exempt

    def _take(self, name: _Table, key: str, rate: Rate) -> None:
        table = self._tables[name]
        now = self._clock.now()
        bucket = table.get(key)
        if bucket is None:
            bucket = table[key] = Bucket(float(rate.count), now)
            if len(table) > MAX_BUCKETS:
                table.popitem(last=False)
        else:
            table.move_to_end(key)
        wait = bucket.take(rate, now)
        if wait > 0:
            self._admit(wait, name[1])

    def _admit(self, wait: float, what: str) -> None:
        if wait > 0:
            self._metrics.limited.labels(what).inc()
            raise RateLimited(
                f"Too many {what}; try again in {math.ceil(wait)} s.", retry_after=math.ceil(wait)
            )
