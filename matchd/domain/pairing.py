"""Which tickets of one line make a game. Pure.

Theory of operation: the oldest come first. A group fits when its players are exactly as many as the
mode takes, all may meet each other, and every party finds room on one side (a party that is larger
than a side may be spread). Two tickets may meet when one region suits both, nobody of the one
blocks anybody of the other, and, in a rated mode, their ratings are no further apart than half of
what both have come to accept, so that waiting helps whoever waits.

When a ticket comes only it can complete a group (`join`). When time passes any may (`sweep`). Both
try so many combinations at most, since thousands may wait who may not meet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence

from matchd.domain.ids import AccountId
from matchd.domain.queue import Mode, Ticket

TRIES = 50_000
"""Tickets that one search looks at."""

Apart = Collection[frozenset[AccountId]]
"""Pairs of players who are known to be kept apart."""


class _Search:
    """One search in one line."""

    def __init__(self, mode: Mode, now: float, apart: Apart) -> None:
        self._mode = mode
        self._now = now
        self._apart = apart
        self.left = TRIES

    def around(self, first: Ticket, others: Iterable[Ticket]) -> tuple[Ticket, ...] | None:
        """A group with this ticket, and the oldest others that fit; `others` come oldest first."""
        room = self._mode.players - first.size
        if room == 0:
            return (first,)
        fitting: list[Ticket] = []
        for other in others:
            self.left -= 1
            if self.left < 0:
                break
            if other.id != first.id and other.size <= room and self._may_meet(first, other):
                fitting.append(other)
                if self._mode.players == 2:
                    break
        return self._complete((first,), fitting)

    def reach_of(self, ticket: Ticket) -> float:
        """How far off others may be."""
        return self._mode.reach(self._now - ticket.joined_at)

    def _complete(
        self, group: tuple[Ticket, ...], others: Sequence[Ticket]
    ) -> tuple[Ticket, ...] | None:
        room = self._mode.players - sum(one.size for one in group)
        if room == 0:
            return group if self._seated(group) else None
        for at, other in enumerate(others):
            self.left -= 1
            if self.left < 0:
                return None
            if other.size <= room and all(self._may_meet(one, other) for one in group[1:]):
                found = self._complete((*group, other), others[at + 1 :])
                if found is not None:
                    return found
        return None

    def _may_meet(self, one: Ticket, other: Ticket) -> bool:
        if one.region is not None and other.region is not None and one.region != other.region:
            return False
        if self._mode.rating:
            reach = (self.reach_of(one) + self.reach_of(other)) / 2
            if abs(one.rating - other.rating) > reach:
                return False
        if not self._apart:
            return True
        pairs = (frozenset((a, b)) for a in one.accounts for b in other.accounts)
        return all(pair not in self._apart for pair in pairs)

    def _seated(self, group: Sequence[Ticket]) -> bool:
        return seating(self._mode, group) is not None


def join(
    mode: Mode, ticket: Ticket, line: Iterable[Ticket], now: float, apart: Apart = ()
) -> tuple[Ticket, ...] | None:
    """The group that this ticket completes, if there is one. `line` is oldest first."""
    return _oldest_first(_Search(mode, now, apart).around(ticket, line))


def sweep(
    mode: Mode, line: Sequence[Ticket], now: float, apart: Apart = ()
) -> list[tuple[Ticket, ...]]:
    """All groups that there are now, those of the oldest first. `line` is oldest first."""
    search, taken, groups = _Search(mode, now, apart), set[str](), []
    candidates = _by_rating(line, search) if mode.rating else lambda _: line
    for ticket in line:
        if ticket.id in taken or search.left < 0:
            continue
        free = (one for one in candidates(ticket) if one.id not in taken)
        group = _oldest_first(search.around(ticket, free))
        if group is not None:
            groups.append(group)
            taken.update(one.id for one in group)
    return groups


def _oldest_first(group: tuple[Ticket, ...] | None) -> tuple[Ticket, ...] | None:
    if group is None:
        return None
    return tuple(sorted(group, key=lambda one: (one.joined_at, one.id)))


def _by_rating(line: Sequence[Ticket], search: _Search) -> Callable[[Ticket], list[Ticket]]:
    """Only those whose rating may do: without it most of a long line is looked at in vain."""
    ordered = sorted(line, key=lambda one: one.rating)
    ratings = [one.rating for one in ordered]
    longest = max(map(search.reach_of, line), default=0.0)
    place = {one.id: at for at, one in enumerate(line)}

    def near(ticket: Ticket) -> list[Ticket]:
        reach = (search.reach_of(ticket) + longest) / 2
        low = bisect_left(ratings, ticket.rating - reach)
        high = bisect_right(ratings, ticket.rating + reach)
        return sorted(ordered[low:high], key=lambda one: place[one.id])

    return near


def seating(mode: Mode, group: Sequence[Ticket]) -> dict[AccountId, str] | None:
    """A side for every player, so that parties are together; None when there is no such seating."""
    free = dict.fromkeys(mode.sides, mode.side_size)
    sides: dict[AccountId, str] = {}
    for ticket in sorted(group, key=lambda one: -one.size):
        widest = max(free, key=lambda side: free[side])
        if ticket.size <= free[widest]:
            free[widest] -= ticket.size
            sides.update(dict.fromkeys(ticket.accounts, widest))
        elif ticket.size > mode.side_size:
            for account in ticket.accounts:
                side = next((side for side in free if free[side]), None)
                if side is None:
                    return None
                free[side] -= 1
                sides[account] = side
        else:
            return None
    return sides


def placeable(mode: Mode, size: int) -> bool:
    """Whether a party of this size can ever play."""
    return 1 <= size <= mode.players
