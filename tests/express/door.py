"""The front door with the real HTTP edge, with the express lane or without, on socket pairs.

Owns `Door` and what makes two doors comparable: fixed wall clocks, and answers with what is random or
the hour taken out of them.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterable

import trio
from trio.testing import wait_all_tasks_blocked

from matchd.domain.addresses import Networks
from matchd.listener.caps import Caps
from matchd.listener.connection import Connection
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from tests.house import SECRET, House

_RANDOM = (
    (re.compile(rb'(?<=["/])[\w-]{22}(?=")'), b"<id>"),
    (re.compile(rb"(?<=x-request-id: )[0-9a-f]{16}", re.IGNORECASE), b"<request>"),
    (re.compile(rb'(?<="requestId":")[0-9a-f]{16}'), b"<request>"),
    (re.compile(rb"date: [^\r]*"), b"date"),
)
_COUNTED = re.compile(r"matchd_(?!http_request_seconds_(?:bucket|sum))(?!\w+_created)")


class Door:
    """A house and its front door; every connection comes from `unix:`, behind which a proxy stands."""

    def __init__(
        self, nursery: trio.Nursery, *, lane: bool, tls: ssl.SSLContext | None = None
    ) -> None:
        self.house = House(exempt=Networks(("unix:",)))
        self.events: Counter[str] = Counter()
        self.faults: list[BaseException] = []
        self._nursery = nursery
        self._callers: list[socket.socket] = []
        watch = Watch(
            on_fault=lambda error, _peer: self.faults.append(error),
            on_event=lambda name: self.events.update([name]),
        )
        edges = Edges(
            serve_http=self._serve_http,
            serve_websocket=self._serve_websocket,
            express=self.house.express if lane else None,
        )
        self.front = Front(edges, Caps(1000, 1000, exempt=lambda _: True), watch, Rules(tls=tls))
        if lane:
            nursery.start_soon(self.house.express.run)

    async def _serve_http(self, stream: HttpStream, connection: Connection) -> None:
        self.events.update(["quart"])
        await self.house.http.serve(stream, connection)

    async def _serve_websocket(self, stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        await stream.send_all(f"socket {head.target} {peer.host}".encode())

    def connect(self, *, tls: bool = False) -> socket.socket:
        """A new connection; its other end is served until it is over."""
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            sock.setblocking(False)
        self._callers.append(theirs)
        self._nursery.start_soon(self._handle, ours, tls)
        return theirs

    def close(self) -> None:
        """Hang up everywhere."""
        for sock in self._callers:
            sock.close()

    async def _handle(self, sock: socket.socket, tls: bool) -> None:
        await self.front.handle(sock, tls=tls)

    async def say(self, sock: socket.socket, data: bytes) -> bytes:
        """Send bytes and return what is answered before anybody waits for the clock."""
        sock.send(data)
        return await heard(sock)

    async def talk(self, pieces: Iterable[bytes], *, quiet: float = 0) -> bytes:
        """Say the pieces on a new connection, one after the other, stay `quiet` for some seconds, and
        return all that was answered.
        """
        said = b""
        with self.connect() as sock:
            for piece in pieces:
                try:
                    said += await self.say(sock, piece)
                except OSError:
                    break
            if quiet:
                await trio.sleep(quiet)
            said += await heard(sock)
        await wait_all_tasks_blocked()
        return said

    def counted(self) -> list[str]:
        """The metrics, less the seconds that anything took."""
        lines = self.house.metrics.render().decode().splitlines()
        return [line for line in lines if _COUNTED.match(line)]


async def heard(sock: socket.socket) -> bytes:
    """What has been answered, `<end>` behind it if that was all."""
    await wait_all_tasks_blocked()
    said = b""
    while True:
        try:
            data = sock.recv(1 << 16)
        except BlockingIOError:
            return said
        except OSError:
            return said + b"<reset>"
        if not data:
            return said + b"<end>"
        said += data


def even(said: bytes) -> bytes:
    """Answers without what differs between two houses, or from one second to the next."""
    for pattern, word in _RANDOM:
        said = pattern.sub(word, said)
    return said


def request(method: str, target: str, body: bytes = b"", /, **headers: str) -> bytes:
    """A plain request; a body is JSON, and the host's secret stands by for the host API."""
    lines = [f"{method} {target} HTTP/1.1", "Host: play.example.net"]
    if body:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


BEAT = request(
    "POST",
    "/api/host/heartbeat",
    b'{"hostId":"h1","roomId":"r-h1","capacity":1000}',
    Authorization=f"Bearer {SECRET}",
)
FIND = request("POST", "/api/match/find", b"{}")
ALIVE = request("GET", "/healthz")
NOWHERE = request("GET", "/nowhere")
