"""From an upgrade request to what it asks for: checked handshake, path, room and credentials.

The listener's head is seen through a Protocol, since the edges do not know the listener.
"""

from __future__ import annotations

import base64
import binascii
import functools
import secrets
from typing import Protocol
from urllib.parse import parse_qs, unquote

from matchd.domain import ids
from matchd.domain.addresses import caller
from matchd.errors import Forbidden, InvalidRequest, NotFound
from matchd.protocol.refusal import tidy_request_id
from matchd.services.admission import Presented
from matchd.services.chat_sockets import ChatRequest
from matchd.services.events import EventRequest
from matchd.services.events import event_request as asked_of
from matchd.services.games import GameRequest, game_request
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
    if not _is_name(head.get(b"host") or b""):
        raise InvalidRequest("`Host` is not a valid name.")
    if head.get(b"sec-websocket-version") != b"13":
        raise InvalidRequest("`Sec-WebSocket-Version` must be 13.")
    try:
        key = base64.b64decode(head.get(b"sec-websocket-key") or b"", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16 or len(head.all(b"sec-websocket-key")) != 1:
        raise InvalidRequest("`Sec-WebSocket-Key` must be 16 bytes in base64.")
    for name in (b"sec-websocket-extensions", b"sec-websocket-protocol"):
        # The library decodes them as ASCII, and has no refusal for what is not.
        if not all(value.isascii() for value in head.all(name)):
            raise InvalidRequest(f"`{name.decode().title()}` must be ASCII.")


@functools.lru_cache(64)
def _is_name(host: bytes) -> bool:
    """Whether the library, which decodes it so, would not fail in a task of its own."""
    try:
        host.decode("idna")
    except UnicodeError:
        return False
    return True


def check_origin(head: Head, settings: Settings) -> None:
    """Refuse browsers of other origins where origins are configured."""
    if not settings.admits_origin(text(head.get(b"origin"))):
        raise Forbidden("This origin may not connect here.")


def path_of(head: Head) -> str:
    """The path as it came, without its trailing slashes."""
    # Not urlsplit: it takes what follows a leading `//` for a host, and refuses some with ValueError.
    return head.target.partition("?")[0].rstrip("/")


def presented(head: Head, peer: str, settings: Settings) -> Presented:
    """What an upgrade of any route for players brings."""
    query = _query(head)
    return Presented(
        path=path_of(head),
        address=address_of(head, peer, settings),
        token=bearer(head) or query.get("token"),
        ticket=query.get("ticket"),
    )


def event_request(head: Head, peer: str, settings: Settings) -> EventRequest:
    """What an event socket asks for."""
    return asked_of(presented(head, peer, settings), _query(head))


def game_of(head: Head, peer: str, settings: Settings) -> GameRequest:
    """What a game's socket asks for."""
    name = unquote(path_of(head).rpartition("/")[2])
    return game_request(presented(head, peer, settings), name, _query(head))


def chat_request(head: Head, peer: str, settings: Settings) -> ChatRequest:
    """What a chat socket asks for."""
    return ChatRequest(presented(head, peer, settings), answers=_query(head).get("v") == "1")


def signal_request(head: Head, peer: str, settings: Settings) -> SignalRequest:
    """What a signaling socket asks for; NotFound for a path that is no socket's."""
    query = _query(head)
    match [unquote(part) for part in path_of(head).split("/")]:
        case [""] if "roomId" in query:
            grant = None
        case ["", "signal", name]:
            grant = name
        case _:
            raise NotFound("There is no WebSocket at this address.")
    if "roomId" not in query:
        raise InvalidRequest("`roomId` is missing.")
    return SignalRequest(
        ids.room_id(query["roomId"], "roomId"),
        address_of(head, peer, settings),
        grant=grant,
        bearer=bearer(head) or query.get("token"),
    )


def request_id(head: Head) -> str:
    """The caller's X-Request-Id if it is usable, else a new one (wire.md 1.1)."""
    return tidy_request_id(text(head.get(b"x-request-id"))) or secrets.token_hex(8)


def text(value: bytes | None) -> str | None:
    """A header's value as text."""
    return None if value is None else value.decode("latin-1")


def _query(head: Head) -> dict[str, str]:
    """The first value of each name in the query."""
    found = parse_qs(head.target.partition("?")[2], keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def address_of(head: Head, peer: str, settings: Settings) -> str:
    """The caller's network address, behind trusted proxies."""
    forwarded = b",".join(head.all(b"x-forwarded-for"))
    return caller(peer, text(forwarded or None), settings.trusted)


def bearer(head: Head) -> str | None:
    """The presented credential: `Bearer <t>`, or a bare `<t>` (wire.md 1.2)."""
    header = (text(head.get(b"authorization")) or "").strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None
