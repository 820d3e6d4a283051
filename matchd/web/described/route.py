"""What is said of a route: who may call it, what it takes, what it answers, what it refuses.

A `Route` stands in the table of its noun under `METHOD /path`, with `{name}` for a part of the path.
What holds for every route (wire.md 1.1) is not repeated: `openapi` adds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from matchd.errors import (
    AccountBanned,
    AccountGone,
    BadGrant,
    BadToken,
    Forbidden,
    Refusal,
    Unauthorized,
    WrongSecret,
)
from matchd.protocol.texts import ChatText, IdText, shaped

Kind = Any
"""A type that msgspec has a schema of: a struct, a tuple of them, an annotated text."""

Refusals = tuple[type[Refusal], ...]

JSON = "application/json"
PLAIN = "text/plain"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Who:
    """Who may call: any of these schemes proves it (an empty one: nothing has to), and how others
    are refused.
    """

    schemes: tuple[str, ...]
    refuses: Refusals = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter in the query, or with `place="header"` a header."""

    name: str
    kind: Kind
    text: str
    place: str = "query"
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    `answer` is what comes as JSON, and `media` in which forms it comes; `also` are answers of other
    statuses, `beside` what an error may have beside its usual fields. `form`: the body may come as a
    form; `optional`: it may be absent. `path` are the parts of the path, `sample` is a body that is
    accepted, `given` an answer.
    """

    title: str
    who: Who
    answer: Kind
    refuses: Refusals = ()
    text: str = ""
    body: Kind = None
    optional: bool = False
    form: bool = False
    query: tuple[Query, ...] = ()
    path: Mapping[str, Kind] = field(default_factory=dict)
    also: Mapping[int, Kind] = field(default_factory=dict)
    beside: Mapping[str, Kind] = field(default_factory=dict)
    media: tuple[str, ...] = (JSON,)
    paged: bool = False
    sample: object = None
    given: object = None


Routes = Mapping[str, Route]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The routes of one noun."""

    name: str
    text: str
    routes: Routes


_PLAYER: Refusals = (Unauthorized, BadToken, Forbidden, AccountBanned, AccountGone)

ANYONE = Who(("",))
GUEST = Who(("", "player"), _PLAYER)
PLAYER = Who(("player",), _PLAYER)
OWNER = Who(("grant", "player"), (*_PLAYER, BadGrant))
HOST = Who(("host",), (Unauthorized, BadToken, Forbidden, WrongSecret))
ADMIN = Who(("admin",), (Unauthorized, BadToken, Forbidden))
"""Administrators; where nothing is changed also viewers."""
VISITOR = Who(("", "player", "token", "ticket"), _PLAYER)
"""Whoever opens a socket that guests may open too, or asks its twin."""
CALLER = Who(("player", "token", "ticket"), _PLAYER)
"""Whoever opens a socket for players, or asks its twin."""

NAMED = Annotated[str, msgspec.Meta(min_length=1, max_length=330, description="A name or an id.")]
ROOM = Annotated[ChatText, msgspec.Meta(description="A chat room.")]
LOBBY = Annotated[str, shaped(r"[A-Za-z0-9_-]{8,64}", "The id of a lobby.")]
LOBBY_PLACE = Annotated[str, shaped(r"[0-9]{16}\.[A-Za-z0-9_-]{0,64}")]
GAME = Annotated[str, shaped(r"[A-Za-z0-9_-]{8,64}", "The id of a game.")]
BOOKING = Annotated[str, shaped(r"[A-Za-z0-9_-]{8,64}", "The id of a booking.")]
REPORT = Annotated[IdText, msgspec.Meta(description="The id of a report.")]


def limit(default: int, most: int) -> Query:
    """How many lines a page has."""
    kind = Annotated[int, msgspec.Meta(ge=1, le=most, extra_json_schema={"default": default})]
    return Query("limit", kind, "Lines of a page.")


def cursor(kind: Kind = str) -> Query:
    """Where a page begins."""
    return Query("cursor", kind, "Where the page before this one ended: its `X-Next-Cursor`.")


def wait(most: float) -> Query:
    """How long an answer may wait for news."""
    kind = Annotated[
        float, msgspec.Meta(ge=0, le=most, extra_json_schema={"default": 0, "multipleOf": 0.001})
    ]
    return Query("wait", kind, "Seconds to wait for news before answering.")
