"""Runs the application on one connection with hypercorn's HTTP/1.1 server.

`TCPServer` and `WorkerContext` are internal names of hypercorn: the minor version is pinned, and the
listener's and daemon's tests run through here. The listener has checked every head and body before
hypercorn sees a byte, and keeps all deadlines, so hypercorn's own are switched off.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import trio
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope
from quart_trio import QuartTrio


class Peer(Protocol):
    """Who is at the other end of the socket."""

    @property
    def host(self) -> str:
        """The network address."""

    @property
    def tls(self) -> bool:
        """Whether we ended his TLS."""


class Connection(Protocol):
    """What the listener shares about one connection."""

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""

    @property
    def ended(self) -> trio.Event:
        """Set when the last request has been seen."""

    def answered(self) -> None:
        """One response has been sent completely."""


class HttpServer:
    """Serves the application on connections of the listener."""

    def __init__(self, app: QuartTrio) -> None:
        self._app = app
        self._config = Config()
        self._config.accesslog = None
        self._config.errorlog = None
        self._config.include_server_header = False
        self._config.keep_alive_timeout = math.inf
        self._config.keep_alive_max_requests = 1 << 62
        self._config.h11_max_incomplete_size = 128 * 1024

    async def serve(self, stream: trio.abc.HalfCloseableStream, connection: Connection) -> None:
        """Answer the requests of one connection until it ends."""
        context = WorkerContext(None)
        # Ends hypercorn's idle task, which would keep its nursery open after the last request.
        context.terminated = cast("Any", connection.ended)
        await TCPServer(
            self._run,
            self._config,
            context,
            {"connection": connection},
            cast("Any", stream),  # hypercorn wants no more of it than the listener's stream has
        )

    async def _run(
        self,
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
        sync_spawn: Callable[..., Awaitable[Any]],  # noqa: ARG002  # hypercorn's calling convention
        call_soon: Callable[..., Awaitable[Any]],  # noqa: ARG002
    ) -> None:
        request = cast("HTTPScope", scope)
        connection: Connection = cast("Any", request)["state"]["connection"]
        request["scheme"] = "https" if connection.peer.tls else "http"
        # Every route answers with and without a trailing slash, and none redirects (wire.md 1.1).
        request["path"] = request["path"].rstrip("/") or "/"

        async def send_and_count(message: ASGISendEvent) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            try:
                await send(message)
            finally:
                # hypercorn tells Quart that the request is over from inside this very send, and Quart
                # then cancels it: by then the bytes, which hypercorn shields, are sent.
                if last:
                    connection.answered()

        await self._app(request, receive, send_and_count)
