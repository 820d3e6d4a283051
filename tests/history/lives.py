"""When each booking was surely live, inferred from what clients saw.

Theory: a booking that was live at two moments was live between them. After the last such moment it
lives until the first thing that can legally have ended it: a word (`endings`), or its lease, counted
from the earliest moment at which it can have been claimed:

* not connected for all we know: the shorter of `hold` and `grace`; `hold` where it was still held;
* a player's socket in the room prolongs the hold up to `hold_max`, and once connected keeps the
  booking, as does a host that has said busy for it; then `grace` more.

The bounds only ever come out too short, so a checker that relies on them raises no false alarm.
Bookings are those of guests: a player with an account would also give one back by finding another.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from tests.history.endings import Endings
from tests.history.record import Call, Closed, Event, Heard, Kind, Opened, Operation, Side
from tests.history.rules import Excuses, Rules

LIVE = frozenset({"held", "connected"})


class Presence(msgspec.Struct):
    """A player's socket: the first and the last sign that it was in the room, and the first sign
    that the host was there too.
    """

    since: float = math.inf
    until: float = -math.inf
    met: float = math.inf


class Story(msgspec.Struct):
    """All that clients saw of one booking. `claimed` is the earliest moment of its claim."""

    booking: str
    host: str = ""
    claimed: float = -math.inf
    proofs: list[Call] = []
    waits: list[Call] = []
    presences: list[Presence] = []
    words: list[Call] = []


class Life(msgspec.Struct, frozen=True):
    """The booking holds a slot of the host at every moment from `start` to `end`, both included, as
    `first` and `last` show; `claimed` as in its story.
    """

    booking: str
    host: str
    start: float
    end: float
    claimed: float
    first: Call
    last: Call

    def covers(self, begin: float, end: float) -> bool:
        """Whether it was live throughout."""
        return self.start <= begin and end <= self.end


def lives(
    events: Sequence[Event], endings: Endings, rules: Rules, excuses: Excuses
) -> dict[str, Life]:
    """The sure life of every booking that was ever seen live."""
    stories = _stories(events)
    _watch_sockets(events, stories, excuses)
    told = [story for story in stories.values() if story.proofs]
    return {story.booking: _life(story, endings, rules) for story in told}


def proven(call: Call) -> Iterable[tuple[str, str]]:
    """The bookings that this answer shows to be live, each with its state as far as told."""
    told = call.told
    if told is None or not call.done:
        return
    if call.operation in (Operation.FIND, Operation.LOOK) and told.host and told.state in LIVE:
        yield told.booking, told.state
    if call.operation is Operation.FIND and told.host and not told.state:
        yield told.booking, ""
    for booking in told.live:
        yield booking, ""


def _stories(events: Sequence[Event]) -> dict[str, Story]:
    stories: dict[str, Story] = {}
    first_asked: dict[str, float] = {}
    calls = [event for event in events if isinstance(event, Call)]
    for call in calls:
        if call.operation is Operation.FIND and call.asked.key:
            asked = first_asked.get(call.asked.key, call.begin)
            first_asked[call.asked.key] = min(asked, call.begin)
    for call in calls:
        for booking, _ in proven(call):
            story = stories.setdefault(booking, Story(booking))
            story.proofs.append(call)
            story.host = story.host or call.asked.host or (call.told.host if call.told else "")
        _note(call, stories, first_asked)
    return stories


def _note(call: Call, stories: dict[str, Story], first_asked: dict[str, float]) -> None:
    """Take what a call says beside proving a life: the claim, the line, a busy word."""
    told, asked = call.told, call.asked
    if told is not None and call.done and told.booking:
        story = stories.setdefault(told.booking, Story(told.booking))
        if call.operation is Operation.FIND:
            claimed = first_asked.get(asked.key, call.begin)
            known = story.claimed
            story.claimed = claimed if known == -math.inf else min(known, claimed)
        if told.state == "waiting":
            story.waits.append(call)
    if call.operation is Operation.STATUS and asked.word == "busy" and asked.booking and call.done:
        stories.setdefault(asked.booking, Story(asked.booking)).words.append(call)


def _watch_sockets(events: Sequence[Event], stories: dict[str, Story], excuses: Excuses) -> None:
    """Add to each story when its player's sockets were surely in the room."""
    trusted: dict[str, tuple[Presence, float]] = {}
    for event in events:
        if isinstance(event, Opened) and event.side is Side.PLAYER and event.me in stories:
            faults = [begin for begin, _ in excuses.faults if begin >= event.at]
            faults += [begin for begin, _ in excuses.forgets if begin >= event.at]
            presence = Presence()
            stories[event.me].presences.append(presence)
            trusted[event.observer] = (presence, min(faults, default=math.inf))
        elif isinstance(event, Heard) and event.observer in trusted:
            presence, until = trusted[event.observer]
            if event.at < until and event.kind is not Kind.LEFT:
                presence.since = min(presence.since, event.at)
                presence.until = event.at
                if event.kind is Kind.JOINED:
                    presence.met = min(presence.met, event.at)
            elif event.kind is Kind.LEFT:
                del trusted[event.observer]
        elif isinstance(event, Closed):
            trusted.pop(event.observer, None)


def _life(story: Story, endings: Endings, rules: Rules) -> Life:
    last = max(story.proofs, key=lambda call: call.begin)
    first = min(story.proofs, key=lambda call: call.end)
    waited = [call.begin for call in story.waits]
    claimed = max([story.claimed, *waited])
    lease = _lease(story, claimed, endings, rules)
    ended = endings.first(story.booking, story.host, last.begin)
    end = max(last.begin, min(lease, ended))
    return Life(story.booking, story.host, first.end, end, claimed, first, last)


def _lease(story: Story, claimed: float, endings: Endings, rules: Rules) -> float:
    """The moment to which the booking's lease surely reached."""
    states: dict[str, list[Call]] = defaultdict(list)
    for call in story.proofs:
        states[_state(call, story.booking)].append(call)
    lease = claimed + min(rules.hold, rules.grace)
    for call in states["held"]:
        lease = max(lease, min(claimed + rules.hold, call.begin + rules.grace))
    connected = min((call.end for call in states["connected"]), default=math.inf)
    signs = [(word.end, word, None) for word in story.words]
    steps: list[tuple[float, Call | None, Presence | None]] = [*signs]
    steps += [(here.since, None, here) for here in story.presences if here.since < math.inf]
    for at, word, here in sorted(steps, key=lambda step: step[0]):
        if at > lease - rules.slack:
            continue
        if word is not None:
            connected = min(connected, word.end)
            lease = max(lease, endings.unvouched(story.host, word.begin) + rules.grace)
        if here is not None:
            connected = min(connected, here.met)
            lease = max(lease, min(here.until, claimed + rules.hold_max))
            if connected <= here.until:
                lease = max(lease, here.until + rules.grace)
    return lease - rules.slack


def _state(call: Call, booking: str) -> str:
    return next((state for name, state in proven(call) if name == booking), "")
