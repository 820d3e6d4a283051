"""No signal crosses a room's border, and none is made up.

Every payload says in which room, by which socket and to whom it was sent. Who hears it is open in that
room, is the one it is meant for, and hears it under the place of its sender.
Only the checker imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.history.record import Closed, Event, Heard, Kind, Opened, Said, Signal
from tests.history.rules import Property, Violation


def crossings(events: Sequence[Event]) -> Iterator[Violation]:
    """Every signal heard by someone it was not sent to, or sent by nobody."""
    border = Border(events)
    for event in events:
        if isinstance(event, Closed):
            border.ended.add(event.observer)
        elif isinstance(event, Heard):
            if event.kind is Kind.JOINED and event.booking:
                border.places[event.observer, event.peer] = event.booking
            if event.signal is not None:
                yield from border.hear(event, event.signal)


class Border:
    """Who is where. `ended` are the sockets closed so far, `places` whose places hosts were told."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.ended: set[str] = set()
        self.places: dict[tuple[str, str], str] = {}
        self._opened = {event.observer: event for event in events if isinstance(event, Opened)}
        self._said = {
            (event.signal.sender, event.signal.number): event
            for event in events
            if isinstance(event, Said)
        }

    def hear(self, heard: Heard, signal: Signal) -> Iterator[Violation]:
        """What is wrong about this signal at this socket."""
        sent = self._said.get((signal.sender, signal.number))
        ear, mouth = self._opened.get(heard.observer), self._opened.get(signal.sender)
        if sent is None or sent.signal != signal or sent.at > heard.at:
            yield Violation(Property.INVENTED, "nobody had sent what was heard", (heard,))
        elif ear is None or mouth is None or heard.observer in self.ended:
            yield Violation(Property.BORDER, "a signal was heard outside of a room", (sent, heard))
        elif (says := self._crossed(heard, signal, ear, mouth)) is not None:
            yield Violation(Property.BORDER, says, (mouth, ear, sent, heard))

    def _crossed(self, heard: Heard, signal: Signal, ear: Opened, mouth: Opened) -> str | None:
        place = self.places.get((heard.observer, heard.peer), mouth.me)
        if ear.room != signal.room or mouth.room != signal.room:
            return f"a signal of room {signal.room} was heard in room {ear.room}"
        if ear.me != signal.to:
            return f"{ear.me} heard a signal that was meant for {signal.to}"
        if place != mouth.me:
            return f"{ear.me} heard a signal of {mouth.me} as if it came from {place}"
        return None
