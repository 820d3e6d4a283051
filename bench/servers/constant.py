"""The same HTTP stack answering constants: `quart` (hypercorn and Quart-Trio) or `bare` (ASGI).

Both decode the JSON body and answer bytes made beforehand, on hypercorn's `TCPServer` as
`matchd.web.serve` runs it, but on plain Trio streams: without the listener, services and store.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any, cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from quart import Response, request
from quart_trio import QuartTrio

from bench.servers.collector import settle

ANSWERS: dict[str, bytes] = {
    name: json.dumps(value, separators=(",", ":")).encode()
    for name, value in json.loads(
        (Path(__file__).parent / "answers.json").read_text(encoding="utf-8")
    ).items()
}


def quart_app() -> QuartTrio:
    """The three routes, as one writes them."""
    app = QuartTrio("constant", static_folder=None)

    @app.post("/api/match/find")
    async def find() -> Response:
        return await _constant("find")

    @app.post("/api/match/<booking_id>/release")
    async def release(booking_id: str) -> Response:  # noqa: ARG001  # named by the route
        return await _constant("release")

    @app.post("/api/host/heartbeat")
    async def heartbeat() -> Response:
        return await _constant("heartbeat")

    return app


async def _constant(name: str) -> Response:
    await request.get_json()
    return Response(ANSWERS[name], content_type="application/json")


async def bare_app(scope: Any, receive: Any, send: Any) -> None:
    """The same without a framework: the last part of the path names the answer."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    json.loads(body)
    answer = ANSWERS[scope["path"].rpartition("/")[2]]
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": False})


async def serve(app: Any) -> None:
    """Serve until the process is ended."""
    config = Config()
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.keep_alive_timeout = 10.0**9
    config.keep_alive_max_requests = 10**9
    context = WorkerContext(None)

    async def handle(stream: trio.SocketStream) -> None:
        state = ConnectionState({})
        # Typed for TLS streams only; at run time hypercorn looks which it is.
        await TCPServer(ASGIWrapper(app), config, context, state, cast("Any", stream))

    async with trio.open_nursery() as nursery:
        start = functools.partial(trio.serve_tcp, handle, 0, host="127.0.0.1")
        listeners: list[trio.SocketListener] = await nursery.start(start)
        settle()
        print(f"ready 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)


if __name__ == "__main__":
    trio.run(serve, quart_app() if sys.argv[1] == "quart" else bare_app)
