"""No acknowledged booking is lost: what a later look or find may say of a booking that lives.

A booking that surely lives must be found, live, and by its idempotency key; its state only moves
forward; and when it is over, something that clients did or did not do explains the cause that is told.
Only the checker imports this module.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.history.endings import Endings
from tests.history.lives import LIVE, Life, proven
from tests.history.record import Call, Closed, Event, Opened, Operation, Side
from tests.history.rules import Property, Rules, Violation

BOOKING_OVER = 4410

RANK = {"waiting": 0, "held": 1, "connected": 2, "ended": 3, "lapsed": 3, "released": 3}

Losses = Iterator[tuple[float, Violation]]
"""Violations, each with the earliest moment from which the loss can have been made."""


class Keeping:
    """One pass over the looks, finds and sockets of a history."""

    def __init__(self, lives: Mapping[str, Life], endings: Endings, rules: Rules) -> None:
        self._lives = lives
        self._endings = endings
        self._rules = rules

    def losses(self, events: Sequence[Event]) -> Losses:
        """Everything that was said of bookings and can't be true."""
        calls = [event for event in events if isinstance(event, Call)]
        for call in calls:
            if call.operation is Operation.LOOK:
                yield from self._look(call)
        yield from self._regressions(calls)
        yield from self._forgotten_keys(calls)
        yield from self._closed(events)

    def _look(self, call: Call) -> Losses:
        life = self._lives.get(call.asked.booking)
        if life is None or call.told is None or call.unknown:
            return
        told = call.told
        if call.refused and told.code != "unknown_booking":
            return
        if not (call.done and told.state in LIVE) and life.covers(call.begin, call.end):
            said = told.state or told.code
            says = (
                f"booking {life.booking} lives from {life.start:.3f} to {life.end:.3f}"
                f" at least and is said to be {said} {told.cause}".rstrip()
            )
            yield life.start, Violation(Property.KEPT, says, (life.first, life.last, call))
        if call.done and told.cause and not self._explained(life, call):
            says = f"nothing explains why booking {life.booking} is {told.state}: {told.cause}"
            yield life.start, Violation(Property.CAUSE, says, (life.first, life.last, call))

    def _explained(self, life: Life, call: Call) -> bool:
        assert call.told is not None
        cause, slack = call.told.cause, self._rules.slack
        match cause:
            case "hold_expired":
                return call.end >= life.claimed + self._rules.hold - slack
            case "player_left":
                return call.end >= life.claimed + self._rules.grace - slack
            case "released" | "host_idle" | "host_left" | "host_lost" | "room_changed":
                return self._endings.explains(cause, life.booking, life.host, call.end)
            case _:
                return False

    def _regressions(self, calls: Sequence[Call]) -> Losses:
        """States that go back, of bookings seen more than once."""
        seen: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            told = call.told
            if told is not None and call.done and told.state in RANK and told.booking:
                seen[told.booking].append(call)
        for booking, looks in seen.items():
            yield from _backwards(booking, looks)

    def _forgotten_keys(self, calls: Sequence[Call]) -> Losses:
        """Finds that repeat a key while its booking lives, and get something else."""
        known: dict[tuple[str, str], dict[str, Life]] = defaultdict(dict)
        repeats = [call for call in calls if call.operation is Operation.FIND and call.asked.key]
        for call in repeats:
            for booking, _ in proven(call):
                key = (call.asked.key, call.asked.body)
                known[key][booking] = self._lives[booking]
        for call in repeats:
            told = call.told
            if told is None or call.unknown or told.code == "rate_limited":
                continue
            for life in known[call.asked.key, call.asked.body].values():
                if told.booking != life.booking and life.covers(call.begin, call.end):
                    got = told.booking or told.code
                    says = f"key {call.asked.key} has booking {life.booking} and got {got}"
                    evidence = (life.first, life.last, call)
                    yield life.start, Violation(Property.KEY, says, evidence)

    def _closed(self, events: Sequence[Event]) -> Losses:
        """Sockets that were told that a living booking is over."""
        opened: dict[str, Opened] = {}
        for event in events:
            if isinstance(event, Opened) and event.side is Side.PLAYER:
                opened[event.observer] = event
            elif isinstance(event, Closed) and event.code == BOOKING_OVER:
                begun = opened.get(event.observer)
                life = None if begun is None else self._lives.get(begun.me)
                if begun is not None and life is not None and life.covers(begun.at, event.at):
                    says = f"a socket of booking {life.booking}, which lives, was told it is over"
                    evidence = (life.first, life.last, begun, event)
                    yield life.start, Violation(Property.KEPT, says, evidence)


def _backwards(booking: str, looks: Sequence[Call]) -> Losses:
    """Each look that began after another had ended, and shows an earlier state."""
    by_end = sorted(looks, key=lambda look: look.end)
    furthest, passed = by_end[0], 0
    for look in sorted(looks, key=lambda look: look.begin):
        while by_end[passed].end <= look.begin:
            furthest = max(furthest, by_end[passed], key=_rank)
            passed += 1
        if passed and _rank(look) < _rank(furthest):
            says = f"booking {booking} was {_state(furthest)} and is {_state(look)} again"
            yield furthest.end, Violation(Property.KEPT, says, (furthest, look))


def _state(look: Call) -> str:
    assert look.told is not None
    return look.told.state


def _rank(look: Call) -> int:
    return RANK[_state(look)]


def was_lost(violation: Violation) -> float:
    """The latest moment of what a violation shows."""
    ends = [event.end if isinstance(event, Call) else event.at for event in violation.evidence]
    return max(ends, default=math.inf)
