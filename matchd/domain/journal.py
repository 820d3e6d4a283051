"""The journal and the audit log: what happened to what, when and why; what is kept of it. Pure.

Both are books of lines. The journal tells of bookings, hosts, rooms, lobbies, tickets, games, accounts,
reports and chat rooms, the audit log of what administrators did. A line names things by their kind and
id, and never says what was written in a chat, an address, or a secret. Each book is bounded by age and
by number: the oldest lines go first.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

import msgspec

from matchd.errors import InvalidRequest

KINDS = (
    *("booking", "host", "room", "lobby", "group", "peer", "ticket", "game"),
    *("account", "login", "report", "chat", "node"),
)
"""What a line may name."""

SCAN = 1000
"""Lines that one look for an event goes through at most; the next look goes on."""

TRACED = 1000
"""Lines of one trace at most: the latest."""

GROUP = 50
"""Lines that are written at once at most, so that no store is held up by them."""

MOST_AUDITED = 1_000_000
"""Lines of the audit log, whatever their age."""

LONGEST = 500
"""Characters of a cause that are kept."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,400}")
_EVENT = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?", re.ASCII)


class Book(enum.StrEnum):
    """Which of the two."""

    JOURNAL = "journal"
    AUDIT = "audit"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened at a Unix time: the ids of what it happened to, by kind, why, and on
    which node. In the audit log also who did it (`by`), by which way, and what came of it.
    """

    at: float
    event: str
    ids: dict[str, str] = {}
    why: str | None = None
    node: str | None = None
    by: str | None = None
    way: str | None = None
    outcome: str | None = None

    def is_of(self, event: str | None) -> bool:
        """Whether it tells of this event, or of one of this noun (None: whatever it tells)."""
        return event is None or self.event == event or self.event.startswith(f"{event}.")


class Kept(msgspec.Struct, frozen=True):
    """A line in its book; numbers rise by one."""

    seq: int
    line: Line


class Leaf(msgspec.Struct, frozen=True):
    """A part of a book, oldest first. `cursor` is where the next look begins."""

    lines: tuple[Kept, ...]
    cursor: int


class Bounds(msgspec.Struct, frozen=True):
    """How many lines a book keeps, and for how many seconds."""

    count: int
    age: float


def traced(name: str) -> str:
    """An id to be traced; InvalidRequest for what no id can be."""
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest("`id` must be 1 to 400 characters that can be printed.")
    return name


def event_named(text: str | None) -> str | None:
    """An event, or the noun of many."""
    if text is not None and _EVENT.fullmatch(text) is None:
        raise InvalidRequest("`event` must be an event such as booking.held, or a noun of one.")
    return text


def names_of(lines: Iterable[Line]) -> list[list[str]]:
    """For each line the ids by which it is found, each once."""
    return [list(dict.fromkeys(line.ids.values())) for line in lines]


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """As they happened; what happened at once stays as it is."""
    return tuple(sorted(lines, key=lambda line: line.at))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def pack(line: Line) -> str:
    """A line as text, for stores."""
    return _encode(line).decode()


def unpack(text: str | bytes) -> Line:
    """A line from its text."""
    return _decode(text)
