"""No slot in two live bookings: the sure lives of a host's bookings never exceed its capacity.

A host may lower its capacity under its players, so the highest it ever reported counts.
Only the checker imports this module.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.history.lives import Life
from tests.history.record import Call, Event, Operation
from tests.history.rules import Property, Violation


def doubles(events: Sequence[Event], lives: Iterable[Life]) -> Iterator[tuple[float, Violation]]:
    """Each booking that took a slot which was not free, and when."""
    capacity = _capacities(events)
    by_host: dict[str, list[Life]] = defaultdict(list)
    for life in lives:
        if life.start <= life.end:
            by_host[life.host].append(life)
    for host, living in by_host.items():
        yield from _overfull(host, living, capacity.get(host, 1))


def _capacities(events: Sequence[Event]) -> dict[str, int]:
    capacity: dict[str, int] = {}
    for event in events:
        if isinstance(event, Call) and event.operation is Operation.BEAT:
            host = event.asked.host
            capacity[host] = max(event.asked.capacity, capacity.get(host, 0))
    return capacity


def _overfull(host: str, living: list[Life], capacity: int) -> Iterator[tuple[float, Violation]]:
    held: list[tuple[float, int]] = []
    ordered = sorted(living, key=lambda life: life.start)
    for number, life in enumerate(ordered):
        while held and held[0][0] < life.start:
            heapq.heappop(held)
        heapq.heappush(held, (life.end, number))
        if len(held) > capacity:
            others = [ordered[index] for _, index in sorted(held) if index != number]
            yield life.start, _double(host, capacity, life, others)


def _double(host: str, capacity: int, life: Life, others: Sequence[Life]) -> Violation:
    names = ", ".join(other.booking for other in others)
    says = (
        f"at {life.start:.3f} booking {life.booking} has a slot of host {host}, which has"
        f" {capacity} and gave it to {names} until {min(other.end for other in others):.3f}"
    )
    shown = [call for other in others for call in (other.first, other.last)]
    evidence = tuple({id(call): call for call in [*shown, life.first]}.values())
    return Violation(Property.ONE_BOOKING, says, evidence)
