"""What is described of the sockets, held against what is said on them: `Overheard` listens at a door.

Every frame that a socket in the tests is sent goes through here, and every close. An object may have no
field that is not described. Only tests import this module.
"""

from __future__ import annotations

import functools
import json
from typing import Any, cast

import jsonschema_rs
import msgspec

from matchd.protocol.news import Close
from matchd.services.outbox import Outbox, PacedOutbox
from matchd.services.settings import RelayLimits
from matchd.web.described import asyncapi, sockets
from matchd.ws.doors import Door, RelayDoor, Visit
from matchd.ws.requests import Head
from tests.described import Json, closed

_DIALECTS = {one.name: one for one in sockets.DIALECTS}


@functools.cache
def document() -> Json:
    """The document, as it is served."""
    served: Json = msgspec.json.decode(asyncapi.document())
    return served


def dialect_of(door: str, target: str) -> sockets.Dialect:
    """Which words are spoken behind a door, which has its name in the metrics."""
    if door in ("matchbox", "lobby"):
        door = "native" if "v=1" in target else "matchbox"
    return _DIALECTS[door]


@functools.cache
def heard(dialect: str) -> dict[str, Any]:
    """What may be heard in a dialect: a validator for each message, by the word it is known by."""
    components = document()["components"]
    schemas = {name: closed(one) for name, one in components["schemas"].items()}
    found = {}
    for kind in _DIALECTS[dialect].hears:
        message = components["messages"][asyncapi.name_of(_DIALECTS[dialect], kind)]
        schema = message["payload"] | {"components": {"schemas": schemas}}
        found[message["name"]] = jsonschema_rs.Draft202012Validator(schema)
    return found


def check(dialect: str, text: bytes) -> None:
    """Fail when a frame is none that is described."""
    # Opaque parts may have numbers that JSON can write and no machine holds.
    frame = json.loads(text, parse_int=_whole, parse_float=_real)
    word = frame.get("type") or frame.get("action") or next(iter(frame))
    if word.startswith("test."):
        return  # what a test has made up
    assert word in heard(dialect), f"{dialect}: describe {word} in matchd/web/described/sockets.py"
    found = heard(dialect)[word].iter_errors(frame)
    errors = [f"{one.message} at {one.instance_path}" for one in found]
    assert not errors, f"{dialect}: {errors} in {text!r}"


def _whole(digits: str) -> int:
    return int(digits[:18])


def _real(digits: str) -> float:
    return max(-1e300, min(float(digits), 1e300))


class _Ear:
    """A socket that is listened to."""

    def __init__(self, socket: Outbox, dialect: str) -> None:
        self._socket = socket
        self._dialect = dialect

    def put(self, text: bytes) -> None:
        """Send a frame that is described."""
        check(self._dialect, text)
        self._socket.put(text)

    def close(self, code: Close, reason: str) -> None:
        """Close with a code that is described."""
        assert code in sockets.CLOSES, f"describe {code!r} in matchd/web/described/sockets.py"
        self._socket.close(code, reason)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class Overheard:
    """A door, whose sockets are listened to."""

    def __init__(self, door: Door | RelayDoor) -> None:
        self._door = door
        self.dialect = door.dialect

    @property
    def limits(self) -> RelayLimits | None:
        """Those of the door."""
        return self._door.limits

    def opens(self, path: str) -> bool:
        """What the door says."""
        return self._door.opens(path)

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let it in, and listen."""
        spoken = dialect_of(self._door.dialect, head.target)
        return await self._door.enter(head, peer, cast("PacedOutbox", _Ear(socket, spoken.name)))
