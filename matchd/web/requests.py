"""What every route reads from a request: who calls, from where, with which body."""

from __future__ import annotations

import re
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

from quart import Response, g, request

from matchd.errors import InvalidRequest, UnsupportedMediaType
from matchd.http import answer as answers
from matchd.http.answer import Answer
from matchd.http.ask import FORWARDED, JSON, Ask
from matchd.protocol.bodies import decode, decode_form
from matchd.services.admission import Presented
from matchd.services.settings import Settings

_T = TypeVar("_T")
_FORM = "application/x-www-form-urlencoded"
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class _Peer(Protocol):
    @property
    def host(self) -> str: ...


class _Connection(Protocol):
    @property
    def peer(self) -> _Peer: ...


def read_ask() -> Ask:
    """The request as `matchd.http` reads it, its body left out."""
    connection: _Connection = request.scope["state"]["connection"]
    headers: dict[bytes, bytes] = {}
    for name, value in request.scope["headers"]:
        if name == FORWARDED and name in headers:
            headers[name] += b"," + value
        else:
            headers.setdefault(name, value)
    query = request.query_string.decode("latin-1")
    return Ask(request.method, request.path, query, headers, connection.peer.host)


def current_ask() -> Ask:
    """The request that is being answered."""
    ask: Ask = g.ask
    return ask


def peer_host() -> str:
    """The network address at the other end of the socket."""
    return current_ask().peer


def target() -> str:
    """The request target as it came, percent-encoding included."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query).decode("ascii", "replace")


def address(settings: Settings) -> str:
    """The caller's network address, behind trusted proxies."""
    return current_ask().address(settings)


def bearer() -> str | None:
    """The presented credential; see `Ask.bearer`."""
    return current_ask().bearer()


def presented(settings: Settings) -> Presented:
    """What an upgrade of the same route would bring."""
    return Presented(
        path=target().partition("?")[0],
        address=address(settings),
        token=bearer() or request.args.get("token"),
        ticket=request.args.get("ticket"),
    )


def token_or_grant() -> tuple[str | None, str | None]:
    """The credential as a player's token, or as a booking's grant; see `Ask.token_or_grant`."""
    return current_ask().token_or_grant()


async def read_body() -> bytes:
    """The body, as it came."""
    raw = await request.get_data(as_text=False)
    assert isinstance(raw, bytes)
    return raw


async def body(kind: type[_T], *, optional: bool = False) -> _T:
    """The decoded JSON body; with `optional` an absent one counts as `{}`."""
    ask = current_ask()
    ask.body = await read_body()
    return ask.decoded(kind, optional=optional)


async def form_or_json(kind: type[_T]) -> _T:
    """The decoded body, sent as JSON or as a form; the given web clients send forms unescaped."""
    raw = await read_body()
    if request.mimetype == JSON:
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
    return any(kind.partition(";")[0].strip() == JSON for kind in accepted)


def plain(text: str, status: int = 200) -> Response:
    """An answer in plain text."""
    return Response(text, status, content_type="text/plain; charset=utf-8")


def seconds(name: str, most: float) -> float:
    """A query parameter in seconds, 0 when absent."""
    return current_ask().seconds(name, most)


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
    return response_of(answers.reply(value, status))


def response_of(answer: Answer) -> Response:
    """An answer of `matchd.http` as quart carries it."""
    if answer.refusal is not None:
        g.refusal = answer.refusal
    response = Response(answer.body, answer.status, content_type=answer.content_type)
    for name, value in answer.headers:
        response.headers[name] = value
    return response
