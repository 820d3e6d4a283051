"""What is said on an event socket (wire.md 8). Pure.

Every frame from the server is a JSON object with `type` and `id`. The id is a bookmark: how far the
socket is in each log that it follows, in the order of `logs_of`, so that `?after=` misses nothing
although logs overtake each other. Clients keep it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from matchd.domain.events import TOPICS
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import decode as decode_body
from matchd.protocol.bodies import encode

FEATURES = ("friends", "lobbies", "presence", "reauth", "replay")
"""What this server's event sockets can do, for clients that talk to older and newer ones."""

_BOOKMARK = re.compile(r"[0-9]{1,16}(\.[0-9]{1,16}){0,31}", re.ASCII)


class Reauth(msgspec.Struct, frozen=True, tag_field="type", tag="reauth"):
    """The one thing a client may say: here is my next token."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


def decode(text: str) -> Reauth:
    """The message; InvalidRequest says what is wrong with it."""
    return decode_body(text, Reauth)


def logs_of(account: str) -> tuple[str, ...]:
    """The logs that a socket of this account follows."""
    return (account, *TOPICS)


def bookmark(places: Mapping[str, int], account: str) -> str:
    """The id that stands for these places."""
    return ".".join(str(places[name]) for name in logs_of(account))


def places(text: str, account: str) -> dict[str, int]:
    """The places that an id stands for; a log that it does not know yet is read from the earliest."""
    numbers = [int(part) for part in read_bookmark(text).split(".")]
    logs = logs_of(account)
    numbers += [min(numbers)] * (len(logs) - len(numbers))
    return dict(zip(logs, numbers, strict=False))


def read_bookmark(text: str) -> str:
    """What a client sends as `after`; InvalidRequest when it can't be one of our ids."""
    if _BOOKMARK.fullmatch(text) is None:
        raise InvalidRequest("`after` must be the `id` of an event.")
    return text


def text_of(kind: str, body: Mapping[str, object]) -> str:
    """An event as logs keep it."""
    assert "id" not in body
    return encode({"type": kind, **body}).decode()


def frame(text: str, mark: str) -> bytes:
    """An event as it is sent: its text with its id in front."""
    return f'{{"id":"{mark}",{text[1:]}'.encode()


def hello(heartbeat: float) -> str:
    """The first frame; the server pings every `heartbeat` seconds."""
    return text_of("hello", {"features": FEATURES, "heartbeat": round(heartbeat)})


def said(
    kind: Literal["error", "gap", "going_away", "live", "reauth", "reauthed"], **body: object
) -> str:
    """A frame about the socket itself, which no log keeps."""
    return text_of(kind, body)
