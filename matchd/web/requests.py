"""What every route reads from a request: who calls, from where, with which body."""

from __future__ import annotations

import re
import secrets
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

from quart import Response, request

from matchd.domain.addresses import caller as caller_address
from matchd.errors import InvalidRequest, UnsupportedMediaType
from matchd.protocol.bodies import decode, decode_form, encode
from matchd.protocol.refusal import tidy_request_id
from matchd.services.admission import Presented
from matchd.services.settings import Settings

_T = TypeVar("_T")
_FORM = "application/x-www-form-urlencoded"
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class _Peer(Protocol):
    @property
    def host(self) -> str: ...


class _Connection(Protocol):
    @property
    def peer(self) -> _Peer: ...


def peer_host() -> str:
    """The network address at the other end of the socket."""
    connection: _Connection = request.scope["state"]["connection"]
    return connection.peer.host


def target() -> str:
    """The request target as it came, percent-encoding included."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query).decode("ascii", "replace")


def address(settings: Settings) -> str:
    """The caller's network address, behind trusted proxies."""
    forwarded = request.headers.getlist("X-Forwarded-For")
    return caller_address(peer_host(), ",".join(forwarded) or None, settings.trusted)


def bearer() -> str | None:
    """The presented credential: `Bearer <t>`, or a bare `<t>` (wire.md 1.2)."""
    header = request.headers.get("Authorization", "").strip()
    if not header:
        return None
    scheme, _, rest = header.partition(" ")
    return rest.strip() or None if scheme.lower() == "bearer" else header


def presented(settings: Settings) -> Presented:
    """What an upgrade of the same route would bring."""
    return Presented(
        path=target().partition("?")[0],
        address=address(settings),
        token=bearer() or request.args.get("token"),
        ticket=request.args.get("ticket"),
    )


def token_or_grant() -> tuple[str | None, str | None]:
    """The credential as a player's token, or as a booking's grant (tokens have two dots)."""
    credential = bearer()
    if credential is not None and credential.count(".") == 2:
        return credential, None
    return None, credential


def request_id() -> str:
    """The caller's X-Request-Id if it is usable, else a new one."""
    return tidy_request_id(request.headers.get("X-Request-Id")) or secrets.token_hex(8)


async def body(kind: type[_T], *, optional: bool = False) -> _T:
    """The decoded JSON body; with `optional` an absent one counts as `{}`."""
    raw = await request.get_data(as_text=False)
    if not raw.strip() and optional:
        raw = b"{}"
    elif request.mimetype != "application/json":
        raise UnsupportedMediaType
    return decode(raw, kind)


async def form_or_json(kind: type[_T]) -> _T:
    """The decoded body, sent as JSON or as a form; the given web clients send forms unescaped."""
    raw = await request.get_data(as_text=False)
    assert isinstance(raw, bytes)
    if request.mimetype == "application/json":
        return decode(raw, kind)
    if request.mimetype != _FORM:
        raise UnsupportedMediaType(f"The body must be sent as application/json or as {_FORM}.")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=32)
    except ValueError:
        raise InvalidRequest("The body is not a valid form.") from None
    return decode_form(dict(pairs), kind)


def wants_json() -> bool:
    """Whether the caller asks for JSON where an older protocol answers with text."""
    accepted = request.headers.get("Accept", "").lower().split(",")
    return any(kind.partition(";")[0].strip() == "application/json" for kind in accepted)


def plain(text: str, status: int = 200) -> Response:
    """An answer in plain text."""
    return Response(text, status, content_type="text/plain; charset=utf-8")


def seconds(name: str, most: float) -> float:
    """A query parameter in seconds, 0 when absent."""
    text = request.args.get(name, "0")
    if _DECIMAL.fullmatch(text) is None or float(text) > most:
        raise InvalidRequest(f"`{name}` must be 0 to {most:g} seconds.")
    return float(text)


def limit(default: int, most: int) -> int:
    """The query parameter `limit`."""
    text = request.args.get("limit", str(default))
    if _WHOLE.fullmatch(text) is None or not 1 <= int(text) <= most:
        raise InvalidRequest(f"`limit` must be 1 to {most}.")
    return int(text)


def number(name: str) -> int | None:
    """A query parameter that is a whole number, None when absent."""
    text = request.args.get(name)
    if text is None:
        return None
    if _WHOLE.fullmatch(text) is None:
        raise InvalidRequest(f"`{name}` must be a whole number.")
    return int(text)


def reply(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(encode(value), status, content_type="application/json")
