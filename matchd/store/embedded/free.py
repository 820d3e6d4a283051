"""The hosts with a free slot, indexed so that a random one is found in O(1). Used by the pool.

Every free host stands in four buckets: its region and anywhere, each with its game and with all
games. A wish names the buckets that hold exactly the hosts that fit; they are disjoint, so choosing
a bucket by size and then a member is uniform over all of them (wire.md 2.3, issue 2).

A host whose last slot is taken stays where it stands, marked: most are free again before anybody
draws them. Who draws such a one takes it out of its buckets and draws again, which leaves those that
are free as likely as each other; each costs that once for the time that it is taken.
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


class _Bucket:
    """The places of hosts, from which one can be chosen at random in O(1)."""

    __slots__ = ("key", "places")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.places: list[_Place] = []


class _Place:
    """Where a host stands: in each of its buckets, and there at which index. What is in one bucket has
    that bucket at the same position, so a host is taken out without a look at any other index.
    """

    __slots__ = ("at", "buckets", "free", "game", "host_id", "region")

    def __init__(self, host_id: HostId, region: Region, game: Game | None) -> None:
        self.host_id = host_id
        self.region = region
        self.game = game
        self.free = True
        self.buckets: tuple[_Bucket, ...] = ()
        self.at: list[int] = []


class FreeHosts:
    """Which hosts have a free slot, and a fair choice among those that fit."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._buckets: dict[Key, _Bucket] = {}
        self._places: dict[HostId, _Place] = {}
        self._free = 0

    def __len__(self) -> int:
        return self._free

    def __contains__(self, host_id: HostId) -> bool:
        place = self._places.get(host_id)
        return place is not None and place.free

    def put(self, host_id: HostId, region: Region, game: Game | None) -> None:
        """This host has a free slot, in this region and for this game."""
        place = self._places.get(host_id)
        if place is None or place.region != region or place.game != game:
            self.forget(host_id)
            self._stand(_Place(host_id, region, game))
            self._free += 1
        elif not place.free:
            place.free = True
            self._free += 1

    def drop(self, host_id: HostId) -> None:
        """This host has none now."""
        place = self._places.get(host_id)
        if place is not None and place.free:
            place.free = False
            self._free -= 1

    def forget(self, host_id: HostId) -> None:
        """This host has none, and is not expected to have one again."""
        self.drop(host_id)
        place = self._places.get(host_id)
        if place is not None:
            self._leave(place)

    def choose(self, keys: tuple[Key, ...]) -> HostId | None:
        """One host of these disjoint buckets, each equally likely; None when they are empty."""
        while (place := self._drawn(keys)) is not None:
            if place.free:
                return place.host_id
            self._leave(place)
        return None

    def _drawn(self, keys: tuple[Key, ...]) -> _Place | None:
        found = [self._buckets[key].places for key in keys if key in self._buckets]
        if not found:
            return None
        places = found[0]
        if len(found) > 1:
            places = self._rng.choices(found, list(map(len, found)))[0]
        return places[int(self._rng.random() * len(places))]

    def _stand(self, place: _Place) -> None:
        """Put a host at the end of each of its buckets."""
        self._places[place.host_id] = place
        place.buckets = tuple(map(self._bucket, host_keys(place.region, place.game)))
        for bucket in place.buckets:
            place.at.append(len(bucket.places))
            bucket.places.append(place)

    def _leave(self, place: _Place) -> None:
        """Take a host out; the last of each bucket stands in its stead."""
        del self._places[place.host_id]
        for position, bucket in enumerate(place.buckets):
            last = bucket.places.pop()
            if last is not place:
                at = last.at[position] = place.at[position]
                bucket.places[at] = last
            elif not bucket.places:
                del self._buckets[bucket.key]

    def _bucket(self, key: Key) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(key)
        return bucket
