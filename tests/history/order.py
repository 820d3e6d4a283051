"""What one socket may hear, in order: peers, clean-ups, and the messages of one sender.

A host knows its players by their places. A player has one opposite without a name, who may be said to
have joined again only when a host's socket came anew; when his booking is over he hears that the
opposite left, whether or not it was there. Only the checker imports this module.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.history.record import Call, Closed, Event, Heard, Kind, Opened, Operation, Side
from tests.history.rules import Property, Violation

NEARBY = 1.0
"""Seconds within which clients can't tell the order of two sockets' news."""

UNANSWERED = 30.0
"""Seconds for which a socket may still be accepted whose owner gave up."""


class Ear:
    """What one socket has heard so far."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.here: dict[str, Heard] = {}
        self.left: dict[str, Heard] = {}
        self.numbers: dict[str, dict[int, Heard]] = defaultdict(dict)
        self.highest: dict[str, int] = {}


class Arrivals:
    """When host sockets were dialled, by room: who comes anew was on his way at some time."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._ends: dict[str, list[tuple[float, float]]] = defaultdict(list)
        calls = [event for event in events if isinstance(event, Call) and not event.refused]
        for call in calls:
            if call.operation is Operation.CONNECT and call.asked.host:
                end = call.end if call.done else call.end + UNANSWERED
                self._ends[call.asked.room].append((end, call.begin))
        for ends in self._ends.values():
            ends.sort()

    def between(self, room: str, since: float, until: float) -> bool:
        """Whether a host's socket may have come in that time."""
        ends = self._ends.get(room, [])
        index = bisect_left(ends, (since - NEARBY, 0.0))
        return any(begin <= until for _, begin in ends[index:])


def disorders(events: Sequence[Event]) -> Iterator[Violation]:
    """Everything that a socket should not have heard where it did."""
    arrivals = Arrivals(events)
    ears: dict[str, Ear] = {}
    delivered: dict[tuple[str, int], Heard] = {}
    for event in events:
        match event:
            case Opened():
                ears[event.observer] = Ear(event)
            case Heard() if event.observer in ears:
                yield from _hear(ears[event.observer], event, arrivals)
                yield from _count(ears[event.observer], event, delivered)
            case Closed():
                ears.pop(event.observer, None)
            case _:
                pass


def _hear(ear: Ear, heard: Heard, arrivals: Arrivals) -> Iterator[Violation]:
    peer, known = heard.peer, ear.here.get(heard.peer)
    name = f"{ear.opened.me} in {ear.opened.room}"
    if heard.kind is Kind.JOINED:
        if known is not None and not _is_anew(ear, known, heard, arrivals):
            says = f"{name} heard twice that peer {peer!r} joined, and not that it left"
            yield Violation(Property.PEERS, says, (ear.opened, known, heard))
        ear.here[peer] = heard
    elif heard.kind is Kind.LEFT:
        if known is None and ear.opened.side is Side.HOST:
            yield _left_unjoined(ear, heard, name)
        ear.here.pop(peer, None)
        ear.left[peer] = heard
    elif heard.kind is Kind.SIGNAL and known is None:
        before = ear.left.get(peer)
        why = "before it joined" if before is None else "after it left"
        evidence = (ear.opened, heard) if before is None else (ear.opened, before, heard)
        yield Violation(Property.PEERS, f"{name} heard from peer {peer!r} {why}", evidence)


def _is_anew(ear: Ear, known: Heard, heard: Heard, arrivals: Arrivals) -> bool:
    """Whether it may be another socket of a player's opposite that joined."""
    player = ear.opened.side is Side.PLAYER
    return player and arrivals.between(ear.opened.room, known.at, heard.at)


def _left_unjoined(ear: Ear, heard: Heard, name: str) -> Violation:
    before = ear.left.get(heard.peer)
    if before is None:
        says = f"{name} heard that peer {heard.peer!r} left, who had not joined"
        return Violation(Property.PEERS, says, (ear.opened, heard))
    says = f"{name} heard twice that peer {heard.peer!r} left"
    return Violation(Property.CLEANED_ONCE, says, (ear.opened, before, heard))


def _count(ear: Ear, heard: Heard, delivered: dict[tuple[str, int], Heard]) -> Iterator[Violation]:
    """The messages of one sender come in order, each at one socket and once."""
    signal = heard.signal
    if signal is None:
        return
    former = delivered.setdefault((signal.sender, signal.number), heard)
    name = f"message {signal.number} of {signal.sender}"
    if former is not heard:
        yield Violation(Property.ORDER, f"{name} was heard twice", (former, heard))
    elif signal.number < ear.highest.get(signal.sender, signal.number):
        later = ear.numbers[signal.sender][ear.highest[signal.sender]]
        says = f"{name} was heard after a later one"
        yield Violation(Property.ORDER, says, (ear.opened, later, heard))
    ear.numbers[signal.sender][signal.number] = heard
    ear.highest[signal.sender] = max(signal.number, ear.highest.get(signal.sender, signal.number))
