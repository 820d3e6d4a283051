"""The line of waiting finds: first come, first served among those that fit. Used by the pool.

A waiter stands, under its number, in a sorted list per region it accepts (or anywhere), once under
its game and once under all games; a waiter for one host stands in that host's list only. The oldest
fitting waiter of a free host is the smallest head of at most four lists (wire.md 2.3).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable

from matchd.domain.bookings import Booking
from matchd.domain.ids import BookingId, Game, HostId, Region
from matchd.store.ports import Line as Place

_Key = tuple[str, Region | HostId | None, Game | bool | None]

PACE_WINDOW = 600.0
"""Seconds after which what is known of the line's pace is too old to promise anything by."""

MAX_PACES = 4096
"""Lists whose pace is remembered."""


class Pace:
    """How fast one list moves: the smoothed interval between two grants, in seconds."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._mean: float | None = None

    def tick(self, now: float) -> None:
        """Somebody in the list was served."""
        if self._last is not None and now - self._last > PACE_WINDOW:
            self._mean = None
        elif self._last is not None:
            gap = now - self._last
            self._mean = gap if self._mean is None else 0.8 * self._mean + 0.2 * gap
        self._last = now

    def eta(self, position: int, now: float) -> int | None:
        """Seconds until that position is served, None while unknown."""
        if self._mean is None or self._last is None or now - self._last > PACE_WINDOW:
            return None
        return math.ceil(position * self._mean)


class WaitingLine:
    """Who waits for what, in order."""

    def __init__(self) -> None:
        self._lists: dict[_Key, list[int]] = {}
        self._waiting: dict[int, Booking] = {}
        self._paces: dict[_Key, Pace] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, booking: Booking) -> None:
        """Stand at the end; `booking.seq` must be greater than all before it."""
        self._waiting[booking.seq] = booking
        for key in _lists_of(booking):
            self._lists.setdefault(key, []).append(booking.seq)

    def remove(self, booking: Booking) -> None:
        """Leave the line."""
        del self._waiting[booking.seq]
        for key in _lists_of(booking):
            numbers = self._lists[key]
            del numbers[bisect_left(numbers, booking.seq)]
            if not numbers:
                del self._lists[key]

    def oldest_fitting(self, host_id: HostId, region: Region, game: Game | None) -> Booking | None:
        """The first who would take a slot of this host."""
        if not self._waiting:
            return None
        games: tuple[Game | bool | None, ...] = (True,) if game is None else (game, None)
        keys: list[_Key] = [("region", where, item) for where in (region, None) for item in games]
        heads = [self._lists[key][0] for key in keys if key in self._lists]
        for number in self._lists.get(("host", host_id, True), ()):
            if self._waiting[number].wanted.fits(host_id, region, game):
                heads.append(number)
                break
        return self._waiting[min(heads)] if heads else None

    def served(self, booking: Booking, now: float) -> None:
        """Take one who got a slot out of the line, and note the pace."""
        self.remove(booking)
        pace = self._paces.pop(_primary(booking), None) or Pace()
        pace.tick(now)
        self._paces[_primary(booking)] = pace
        if len(self._paces) > MAX_PACES:
            # Hosts come and go under ever new ids; the list that moved longest ago goes.
            del self._paces[next(iter(self._paces))]

    def place(self, booking: Booking, now: float) -> Place:
        """Position (from 1) among those who compete for the same hosts, and the wait expected."""
        primary = _primary(booking)
        lists: Iterable[_Key] = {primary, _ANYWHERE} if primary[0] == "region" else {primary}
        ahead = sum(bisect_left(self._lists.get(key, []), booking.seq) for key in lists)
        pace = self._paces.get(primary)
        return Place(ahead + 1, None if pace is None else pace.eta(ahead + 1, now))

    def waiting(self) -> list[BookingId]:
        """Everyone, in order."""
        return [self._waiting[number].id for number in sorted(self._waiting)]


_ANYWHERE: _Key = ("region", None, True)


def _primary(booking: Booking) -> _Key:
    wanted = booking.wanted
    if wanted.host_id is not None:
        return ("host", wanted.host_id, True)
    if wanted.anywhere:
        return _ANYWHERE
    return ("region", wanted.regions[0], True)


def _lists_of(booking: Booking) -> list[_Key]:
    wanted = booking.wanted
    if wanted.host_id is not None:
        return [("host", wanted.host_id, True)]
    where: Iterable[Region | None] = (None,) if wanted.anywhere else dict.fromkeys(wanted.regions)
    return [("region", region, game) for region in where for game in (wanted.game, True)]
