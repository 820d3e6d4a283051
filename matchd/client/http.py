"""One HTTP/1.1 request on a connection of its own, by h11.

A connection is not kept: the next request may come after a restart, and a kept connection that has died
can't be told from a request that was lost. Faults of the network become Unreachable in `client`.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import h11
import msgspec
import trio

from matchd.client.errors import Unreachable
from matchd.client.origin import Origin

MOST_BODY = 1 << 20
"""Bytes an answer may have; matchd's are far smaller."""

Dial = Callable[[Origin, ssl.SSLContext | None], Awaitable[trio.abc.Stream]]
"""Opens a connection; OSError when there is nobody."""

FAULTS = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError)
"""What a connection may fail with."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """What is answered; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def dial(origin: Origin, tls: ssl.SSLContext | None) -> trio.abc.Stream:
    """Open a connection by TCP, with TLS where the origin has it (`tls`, or the system's roots)."""
    stream = await trio.open_tcp_stream(origin.host, origin.port)
    if not origin.tls:
        return stream
    context = ssl.create_default_context() if tls is None else tls
    return trio.SSLStream(stream, context, server_hostname=origin.host, https_compatible=True)


async def ask(stream: trio.abc.Stream, origin: Origin, request: Request) -> Response:
    """Send the request and read its answer."""
    state = h11.Connection(h11.CLIENT)
    headers = [("Host", origin.authority), ("Connection", "close"), *request.headers]
    if request.body or request.method != "GET":
        headers.append(("Content-Length", str(len(request.body))))
    head = h11.Request(method=request.method, target=request.target, headers=headers)
    out = state.send(head) or b""
    out += state.send(h11.Data(data=request.body)) or b""
    out += state.send(h11.EndOfMessage()) or b""
    await stream.send_all(out)
    return await _answer(stream, state)


async def _answer(stream: trio.abc.Stream, state: h11.Connection) -> Response:
    head = await _next(stream, state)
    while isinstance(head, h11.InformationalResponse):
        head = await _next(stream, state)
    if not isinstance(head, h11.Response):
        raise Unreachable("the connection was closed instead of an answer")
    body = bytearray()
    while isinstance(event := await _next(stream, state), h11.Data):
        body += event.data
        if len(body) > MOST_BODY:
            raise Unreachable("the answer is too long to be matchd's")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    return Response(head.status_code, headers, bytes(body))


async def _next(stream: trio.abc.Stream, state: h11.Connection) -> object:
    while (event := state.next_event()) is h11.NEED_DATA:
        state.receive_data(bytes(await stream.receive_some()))
    return event
