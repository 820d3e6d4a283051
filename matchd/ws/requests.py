"""From an upgrade request to what it asks for: checked handshake, path, room and credentials.

The listener's head is seen through a Protocol, since the edges do not know the listener.
"""

from __future__ import annotations

import base64
import binascii
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from matchd.domain import ids
from matchd.domain.addresses import caller
from matchd.errors import Forbidden, InvalidRequest, NotFound
from matchd.services.rooms import SignalRequest
from matchd.services.settings import Settings


class Head(Protocol):
    """A parsed request head."""

    @property
    def target(self) -> str:
        """The request target as it came."""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a header, by its lower-case name."""

    def all(self, name: bytes) -> tuple[bytes, ...]:
        """Every value of a header, by its lower-case name."""


def check_handshake(head: Head) -> None:
    """Refuse what RFC 6455 4.2.1 does not allow, before the library sees it."""
    if head.get(b"sec-websocket-version") != b"13":
        raise InvalidRequest("`Sec-WebSocket-Version` must be 13.")
    try:
        key = base64.b64decode(head.get(b"sec-websocket-key") or b"", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16 or len(head.all(b"sec-websocket-key")) != 1:
        raise InvalidRequest("`Sec-WebSocket-Key` must be 16 bytes in base64.")


def check_origin(head: Head, settings: Settings) -> None:
    """Refuse browsers of other origins where origins are configured."""
    origin = text(head.get(b"origin"))
    allowed = settings.cors_origins
    if origin is not None and "*" not in allowed and origin not in allowed:
        raise Forbidden("This origin may not connect here.")


def signal_request(head: Head, peer: str, settings: Settings) -> SignalRequest:
    """What a signaling socket asks for; NotFound for a path that is no socket's."""
    parts = urlsplit(head.target)
    query = parse_qs(parts.query, keep_blank_values=True)
    match [unquote(part) for part in parts.path.rstrip("/").split("/")]:
        case [""] if "roomId" in query:
            grant = None
        case ["", "signal", name]:
            grant = name
        case _:
            raise NotFound("There is no WebSocket at this address.")
    if "roomId" not in query:
        raise InvalidRequest("`roomId` is missing.")
    forwarded = b",".join(head.all(b"x-forwarded-for"))
    return SignalRequest(
        ids.room_id(query["roomId"][0], "roomId"),
        caller(peer, text(forwarded or None), settings.trusted),
        grant=grant,
        bearer=_bearer(head) or query.get("token", [None])[0],
    )


def text(value: bytes | None) -> str | None:
    """A header's value as text."""
    return None if value is None else value.decode("latin-1")


def _bearer(head: Head) -> str | None:
    header = (text(head.get(b"authorization")) or "").strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None
