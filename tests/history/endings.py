"""When a booking may have ended by anything but its own lease, as far as clients can tell.

Owns the spans in which a word can have taken effect: from the begin of its call to the answer; where
none came, for `late` seconds more, or for ever when it names its booking. Erring is allowed in one
direction only: a span may be too long, never too short. Only the checker imports this module.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from tests.history.record import Call, Event, Operation
from tests.history.rules import Excuses, Rules, Window

GONE = {Operation.GOODBYE: "host_left", Operation.STATUS: "host_idle"}


class Spans:
    """Windows, to be asked for the first moment that lies in one."""

    def __init__(self, windows: Iterable[Window] = ()) -> None:
        ordered = sorted(windows)
        self._begins = [begin for begin, _ in ordered]
        self._latest = list(accumulate((end for _, end in ordered), max))

    def next(self, at: float) -> float:
        """The first moment not before `at`; infinite when there is none."""
        index = bisect_left(self._begins, at)
        if index and self._latest[index - 1] >= at:
            return at
        return self._begins[index] if index < len(self._begins) else math.inf

    def begun(self, until: float) -> bool:
        """Whether any had begun by then."""
        return bool(self._begins) and self._begins[0] <= until


NONE = Spans()


class Endings:
    """All words that can end bookings, by booking and by host."""

    def __init__(self, events: Sequence[Event], rules: Rules, excuses: Excuses) -> None:
        self._rules = rules
        calls = [event for event in events if isinstance(event, Call) and not event.refused]
        self._released = _by_booking(calls, Operation.RELEASE)
        self._ended = _by_booking(calls, Operation.STATUS)
        hosts = _by_host(calls)
        self._causes = {host: self._host_causes(said) for host, said in hosts.items()}
        self._doubts = {
            host: Spans(self._span(call) for call in said if call.asked.word == "idle")
            for host, said in hosts.items()
        }
        self._forgets = Spans(excuses.forgets)

    def first(self, booking: str, host: str, at: float) -> float:
        """The first moment not before `at` at which the booking may have ended by a word, by the
        departure of its host, or by a loss of memory.
        """
        spans = [self._released.get(booking, NONE), self._ended.get(booking, NONE), self._forgets]
        spans += self._causes.get(host, {}).values()
        return min(span.next(at) for span in spans)

    def unvouched(self, host: str, at: float) -> float:
        """The first moment not before `at` at which the host may have said idle."""
        return self._doubts.get(host, NONE).next(at)

    def explains(self, cause: str, booking: str, host: str, until: float) -> bool:
        """Whether some call begun by `until` can have ended the booking with this cause."""
        if cause == "released":
            return self._released.get(booking, NONE).begun(until)
        named = cause == "host_idle" and self._ended.get(booking, NONE).begun(until)
        return named or self._causes.get(host, {}).get(cause, NONE).begun(until)

    def _span(self, call: Call) -> Window:
        return call.begin, call.end if call.done else call.end + self._rules.late

    def _host_causes(self, said: Sequence[Call]) -> dict[str, Spans]:
        windows: dict[str, list[Window]] = defaultdict(list)
        for call in said:
            idle = call.asked.word == "idle" and not call.asked.booking
            if call.operation is Operation.GOODBYE or (call.operation is Operation.STATUS and idle):
                windows[GONE[call.operation]].append(self._span(call))
        beats = [call for call in said if call.operation is Operation.BEAT]
        if len({beat.asked.room for beat in beats}) > 1:
            windows["room_changed"] = [self._span(beat) for beat in beats]
        windows["host_lost"] = self._silences([call for call in beats if call.done])
        return {cause: Spans(found) for cause, found in windows.items()}

    def _silences(self, beats: Sequence[Call]) -> list[Window]:
        """When the host had surely not been seen for so long that it may count as lost."""
        ordered = sorted(beats, key=lambda beat: beat.begin)
        lost = self._rules.lost_after - self._rules.slack
        gaps = [(one.begin + lost, other.end) for one, other in pairwise(ordered)]
        gaps += [(beat.begin + lost, math.inf) for beat in ordered[-1:]]
        return [gap for gap in gaps if gap[0] <= gap[1]]


def _by_booking(calls: Iterable[Call], operation: Operation) -> dict[str, Spans]:
    """Words that name the booking they end: one without an answer may end it at any time after."""
    windows: dict[str, list[Window]] = defaultdict(list)
    for call in calls:
        if call.operation is operation and call.asked.booking and call.asked.word != "busy":
            end = call.end if call.done else math.inf
            windows[call.asked.booking].append((call.begin, end))
    return {booking: Spans(found) for booking, found in windows.items()}


def _by_host(calls: Iterable[Call]) -> dict[str, list[Call]]:
    hosts: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.operation in (Operation.BEAT, Operation.STATUS, Operation.GOODBYE):
            hosts[call.asked.host].append(call)
    return hosts
