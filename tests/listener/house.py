"""A whole front door on the loopback, with real edges: what `daemon.py`, `web` and `ws` do, small.

Owns `House` (the server side) and `Client` (a raw HTTP/1.1 client). The HTTP edge here is the
reference for `matchd/web/serve.py`: how hypercorn's TCPServer must be called.
"""

import json
import socket
import ssl
from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import Any

import trio
import trio_websocket
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from matchd.listener.caps import Caps
from matchd.listener.connection import Connection
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from matchd.listener.serve import Door, serve
from matchd.listener.sockets import ListenSocket, open_listeners


def hypercorn_config() -> Config:
    """Build the configuration that the HTTP edge must use: every timer of hypercorn's is off."""
    config = Config()
    config.keep_alive_timeout = inf
    config.keep_alive_max_requests = 1 << 62
    config.read_timeout = None
    config.h11_max_incomplete_size = 128 * 1024
    config.include_server_header = False
    config.errorlog = None
    return config


@dataclass
class App:
    """A small ASGI application; `gate` holds `/slow` back, `seen` lists what was asked."""

    gate: trio.Event = field(default_factory=trio.Event)
    arrived: trio.Event = field(default_factory=trio.Event)
    seen: list[dict[str, Any]] = field(default_factory=list)
    disconnects: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        self.seen.append(scope)
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        match scope["path"]:
            case "/boom":
                raise RuntimeError("boom")
            case "/slow":
                self.arrived.set()
                await self.gate.wait()
            case "/long-poll":
                self.arrived.set()
                self.disconnects += (await receive())["type"] == "http.disconnect"
                return
            case "/big":
                self.arrived.set()
                body = bytes(8 << 20)
        await self.respond(scope, body, send)

    async def respond(self, scope: Any, body: bytes, send: Any) -> None:
        """Answer 200; `?close` asks for the end of the connection."""
        headers = [(b"content-length", str(len(body)).encode())]
        if scope["query_string"] == b"close":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class House:
    """The server side: counts events, keeps faults, echoes on WebSockets."""

    def __init__(self, nursery: trio.Nursery, rules: Rules, caps: Caps) -> None:
        self.app = App()
        self.nursery = nursery
        self.events: Counter[str] = Counter()
        self.faults: list[BaseException] = []
        self.watch = Watch(on_fault=self.on_fault, on_event=self.on_event)
        edges = Edges(serve_http=self.serve_http, serve_websocket=self.serve_websocket)
        self.front = Front(edges, caps, self.watch, rules)
        self.config = hypercorn_config()
        self.changed = trio.Event()
        self.door: Door
        self.listeners: list[ListenSocket] = []
        self.clients: list[Client] = []

    def on_fault(self, exc: BaseException, _peer: Peer) -> None:
        self.faults.append(exc)

    def on_event(self, name: str) -> None:
        self.events[name] += 1
        self.changed.set()
        self.changed = trio.Event()

    async def until(self, event: str, times: int = 1) -> None:
        """Wait until an event was counted so often."""
        with trio.fail_after(100):
            await trio.lowlevel.checkpoint()
            while self.events[event] < times:
                await self.changed.wait()

    async def open(self, address: str = "127.0.0.1:0", *, tls: bool = False) -> str:
        """Listen, and return where."""
        self.listeners = open_listeners([address], tls=tls)
        self.door = await self.nursery.start(serve, self.listeners, self.handle, self.watch)
        return self.listeners[0].name

    async def handle(self, sock: socket.socket, *, tls: bool) -> None:
        """Serve a connection, and count its end."""
        try:
            await self.front.handle(sock, tls=tls)
        finally:
            self.on_event("ended")

    async def until_empty(self) -> None:
        """Wait until no connection is open."""
        with trio.fail_after(100):
            await trio.lowlevel.checkpoint()
            while self.door.open:
                await self.changed.wait()

    async def connect(self, tls: ssl.SSLContext | None = None) -> "Client":
        """Open a connection that is closed after the test, listening first if need be."""
        address = self.listeners[0].name if self.listeners else await self.open()
        self.clients.append(await Client.to(address, tls))
        return self.clients[-1]

    async def close(self) -> None:
        """End everything."""
        self.app.gate.set()
        if self.listeners:
            self.door.stop(0)
        for client in self.clients:
            await trio.aclose_forcefully(client.stream)
        await trio.lowlevel.checkpoint()

    async def serve_http(self, stream: HttpStream, connection: Connection) -> None:
        """Run hypercorn on one connection."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            async def tell(message: Any) -> None:
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    connection.answered()

            scope["scheme"] = "https" if connection.peer.tls else "http"
            await self.app(scope, receive, tell)

        context = WorkerContext(None)
        # TCPServer only waits for it and asks whether it is set; a trio.Event has both methods.
        context.terminated = connection.ended  # type: ignore[assignment]
        state = ConnectionState({"connection": connection})
        await TCPServer(ASGIWrapper(app), self.config, context, state, stream)  # type: ignore[arg-type]

    async def serve_websocket(self, stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        """Echo messages on one WebSocket."""
        assert stream.peer == peer
        assert head.is_websocket_upgrade
        async with trio.open_nursery() as nursery:
            request = await trio_websocket.wrap_server_stream(nursery, stream)
            connection = await request.accept()
            try:
                while True:
                    await connection.send_message(await connection.get_message())
            except trio_websocket.ConnectionClosed:
                nursery.cancel_scope.cancel()


class Client:
    """A raw HTTP/1.1 client on any Trio stream."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.buffer = b""

    @classmethod
    async def to(cls, address: str, tls: ssl.SSLContext | None = None) -> "Client":
        """Connect to what `House.open` returned."""
        if address.startswith("unix:"):
            return cls(await trio.open_unix_socket(address.removeprefix("unix:")))
        host, _, port = address.rpartition(":")
        stream = await trio.open_tcp_stream(host.strip("[]"), int(port))
        if tls is None:
            return cls(stream)
        return cls(trio.SSLStream(stream, tls, server_hostname="localhost", https_compatible=True))

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def get(self, target: str = "/", extra: str = "") -> tuple[int, bytes]:
        """Ask for a target and return status and body."""
        await self.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
        return await self.response()

    async def response(self) -> tuple[int, bytes]:
        """Read one response with a Content-Length."""
        head = await self._until(b"\r\n\r\n")
        status = int(head.split()[1])
        if status == 100:
            return 100, b""
        lines = head.decode().lower().split("\r\n")
        sizes = [line.split(":")[1] for line in lines if line.startswith("content-length:")]
        while len(self.buffer) < int(sizes[0]):
            self.buffer += await self._more()
        body, self.buffer = self.buffer[: int(sizes[0])], self.buffer[int(sizes[0]) :]
        return status, body

    async def refusal(self) -> tuple[int, str]:
        """Read one refusal to the end of the connection; return its status and code."""
        status, body = await self.response()
        assert await self.at_eof()
        return status, json.loads(body)["code"]

    async def at_eof(self) -> bool:
        """Whether the server has closed in order."""
        with trio.fail_after(100):
            return await self.stream.receive_some() == b"" == self.buffer

    async def _until(self, mark: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        while mark not in self.buffer:
            self.buffer += await self._more()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    async def _more(self) -> bytes:
        with trio.fail_after(100):
            data = await self.stream.receive_some(1 << 16)
        assert data, "the server closed early"
        return bytes(data)


UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def echoes(client: Client) -> bool:
    """Whether an accepted upgrade on this connection leads to a WebSocket that echoes."""
    head = await client._until(b"\r\n\r\n")
    assert b" 101 " in head
    await client.send(b"\x81\x82\0\0\0\0hi")
    while len(client.buffer) < 4:
        client.buffer += await client._more()
    return client.buffer == b"\x81\x02hi"
