"""How the bare servers on trio-websocket are run."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

import trio
from trio_websocket import WebSocketRequest, WebSocketServer, serve_websocket

from bench.servers.collector import settle


def serve(handle: Callable[[WebSocketRequest], Awaitable[None]], *, settled: bool = True) -> None:
    """Say where this handler can be reached, and serve until the process is ended; `settled`: with
    matchd's collector policy.
    """
    trio.run(_serve, handle, settled)


async def _serve(handle: Callable[[WebSocketRequest], Awaitable[None]], settled: bool) -> None:
    async with trio.open_nursery() as nursery:
        start = functools.partial(serve_websocket, handle, "127.0.0.1", 0, None)
        server: WebSocketServer = await nursery.start(start)
        if settled:
            settle()
        print(f"ready 127.0.0.1:{server.port}", flush=True)
