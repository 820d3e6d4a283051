"""What is said on an event socket (wire.md 8). Pure.

Every frame from the server is a JSON object with `type` and `id`. The id is a bookmark: how far the
socket is in its account's log, a point, and how far in the log of lobbies, so that `?after=` misses
nothing although the logs overtake each other. Clients keep it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from matchd.domain.lobby_lists import Place
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import decode as decode_body
from matchd.protocol.bodies import encode

FEATURES = ("friends", "lobbies", "presence", "reauth", "replay")
"""What this server's event sockets can do, for clients that talk to older and newer ones."""

_BOOKMARK = re.compile(r"([0-9]{1,16})(?:\.([0-9a-z]+(?:[.-][0-9a-z]+){0,3}))?", re.ASCII)


class Bookmark(msgspec.Struct, frozen=True):
    """How far a socket is; `lobbies` is None when the log of lobbies has no such place any more."""

    place: int
    lobbies: Place | None


class Reauth(msgspec.Struct, frozen=True, tag_field="type", tag="reauth"):
    """The one thing a client may say: here is my next token."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


def decode(text: str) -> Reauth:
    """The message; InvalidRequest says what is wrong with it."""
    return decode_body(text, Reauth)


def read_bookmark(text: str) -> Bookmark:
    """What a client sends as `after`; InvalidRequest when it can't be one of our ids."""
    found = _BOOKMARK.fullmatch(text)
    if found is None:
        raise InvalidRequest("`after` must be the `id` of an event.")
    return Bookmark(int(found[1]), Place.parse(found[2] or ""))


def text_of(kind: str, body: Mapping[str, object]) -> str:
    """An event as logs keep it."""
    assert "id" not in body
    return encode({"type": kind, **body}).decode()


def frame(text: str, place: int, lobbies: str) -> bytes:
    """An event as it is sent: its text with its id in front."""
    return f'{{"id":"{place}.{lobbies}",{text[1:]}'.encode()


def hello(heartbeat: float) -> str:
    """The first frame; the server pings every `heartbeat` seconds."""
    return text_of("hello", {"features": FEATURES, "heartbeat": round(heartbeat)})


def said(
    kind: Literal["error", "gap", "going_away", "live", "reauth", "reauthed"], **body: object
) -> str:
    """A frame about the socket itself, which no log keeps."""
    return text_of(kind, body)
