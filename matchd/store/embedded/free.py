"""The hosts with a free slot, indexed so that a random one is found in O(1). Used by the pool.

Every free host stands in four buckets: its region and anywhere, each with its game and with all
games. A wish names the buckets that hold exactly the hosts that fit; they are disjoint, so choosing
a bucket by size and then a member is uniform over all of them (wire.md 2.3, issue 2).
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from matchd.domain.bookings import Wanted
from matchd.domain.ids import Game, HostId, Region

AllGames = bool
Key = tuple[Region | None, Game | AllGames | None]
"""(region or None for anywhere, game or None for hosts without one or True for every host)."""


def host_keys(region: Region, game: Game | None) -> tuple[Key, ...]:
    """The buckets a host stands in."""
    return ((region, game), (region, True), (None, game), (None, True))


def wish_keys(regions: Iterable[Region | None], game: Game | None) -> tuple[Key, ...]:
    """The disjoint buckets that hold the hosts of these regions that serve this game."""
    if game is None:
        return tuple((region, True) for region in regions)
    return tuple((region, item) for region in regions for item in (game, None))


def tiers(wanted: Wanted) -> Iterable[tuple[Key, ...]]:
    """The buckets of each region class in order of preference, anywhere last if admitted."""
    for group in wanted.classes:
        yield wish_keys(group, wanted.game)
    if wanted.anywhere:
        yield wish_keys((None,), wanted.game)


class Bucket:
    """A set one can choose from at random in O(1)."""

    def __init__(self) -> None:
        self.items: list[HostId] = []
        self._at: dict[HostId, int] = {}

    def add(self, item: HostId) -> None:
        """Put a member in."""
        self._at[item] = len(self.items)
        self.items.append(item)

    def remove(self, item: HostId) -> None:
        """Take a member out; the last one takes its place."""
        at, last = self._at.pop(item), self.items.pop()
        if last != item:
            self.items[at] = last
            self._at[last] = at


class FreeHosts:
    """Which hosts have a free slot, and a fair choice among those that fit."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._buckets: dict[Key, Bucket] = {}
        self._known: dict[HostId, tuple[Region, Game | None]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, host_id: HostId) -> bool:
        return host_id in self._known

    def put(self, host_id: HostId, region: Region, game: Game | None) -> None:
        """This host has a free slot, in this region and for this game."""
        if self._known.get(host_id) == (region, game):
            return
        self.drop(host_id)
        self._known[host_id] = region, game
        for key in host_keys(region, game):
            self._buckets.setdefault(key, Bucket()).add(host_id)

    def drop(self, host_id: HostId) -> None:
        """This host has none."""
        known = self._known.pop(host_id, None)
        for key in () if known is None else host_keys(*known):
            bucket = self._buckets[key]
            bucket.remove(host_id)
            if not bucket.items:
                del self._buckets[key]

    def choose(self, keys: tuple[Key, ...]) -> HostId | None:
        """One host of these disjoint buckets, each equally likely; None when they are empty."""
        found = [self._buckets[key].items for key in keys if key in self._buckets]
        total = sum(map(len, found))
        if not total:
            return None
        at = self._rng.randrange(total)
        for items in found:
            if at < len(items):
                return items[at]
            at -= len(items)
        raise AssertionError("the sizes add up to the total")
