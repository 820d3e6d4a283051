"""A client that speaks ASGI to the HTTP edge in memory, through `matchd/web/serve.py`.

Where the house has a lane, that is asked first, as the listener does. The connection and the peer in
the scope are the listener's own classes, so nothing is faked but the bytes on the wire. Every answer is
held against the OpenAPI document (`tests.described`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

import msgspec
import trio

from matchd.listener.connection import Connection
from matchd.listener.peer import Peer
from tests.described import Said, check
from tests.house import HOST_ADDRESS, SECRET, House


class NoAnswer(Exception):
    """The request was cancelled: its client had hung up."""


@dataclass(frozen=True)
class Answer:
    """One response: its status, its headers (lower-case names) in order, its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object."""
        assert self.header("content-type") == "application/json"
        return cast("dict[str, Any]", msgspec.json.decode(self.body))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The body as a list of objects."""
        assert self.header("content-type") == "application/json"
        return cast("list[dict[str, Any]]", msgspec.json.decode(self.body))

    @property
    def code(self) -> str:
        """The error's code; checks that the body is the one of wire.md 1.1."""
        assert self.status >= 400
        assert isinstance(self.json["error"], str)
        assert self.json["requestId"] == self.header("x-request-id")
        return str(self.json["code"])

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for found, value in self.headers if found == name), None)


class Client:
    """Asks one house, from one address."""

    def __init__(self, house: House, peer: str = HOST_ADDRESS) -> None:
        self._house = house
        self.peer = peer
        self.hang_up = trio.Event()

    async def ask(
        self,
        method: str,
        target: str,
        json: object = None,
        *,
        raw: bytes | None = None,
        bearer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request; `json` or the `raw` bytes are its body."""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if json is not None:
            raw = msgspec.json.encode(json)
            sent.setdefault("content-type", "application/json")
        if bearer is not None:
            sent["authorization"] = f"Bearer {bearer}"
        sent["content-length"] = str(len(raw or b""))
        answer = None
        if self._house.has_lane:
            request = request_of(method, target, sent, raw or b"")
            answer = await Wire(request, self.hang_up).ask(self._house, self.peer)
        if answer is None:
            answer = await self._ask_quart(scope_of(method, target, sent, self.peer), raw or b"")
        media = (answer.header("content-type") or "").partition(";")[0]
        check(Said(method, target, answer.status, media, answer.body))
        return answer

    async def _ask_quart(self, scope: Any, body: bytes) -> Answer:
        exchange = _Exchange(self.hang_up, body)
        unused = cast("Any", None)
        await self._house.http._run(
            scope, cast("Any", exchange.receive), cast("Any", exchange.send), unused, unused
        )
        return exchange.answer()

    async def beat(self, host: str = "h1", *, bearer: str = SECRET, **fields: object) -> Answer:
        """One heartbeat; the room is `r-<host>`."""
        body = {"hostId": host, "roomId": f"r-{host}"} | fields
        return await self.ask("POST", "/api/host/heartbeat", body, bearer=bearer)

    async def find(self, body: object = None, *, bearer: str | None = None) -> Answer:
        """A find, by a guest unless a token is given."""
        return await self.ask("POST", "/api/match/find", body, bearer=bearer)


class Wire(trio.abc.Stream):
    """One request's way through the lane: its bytes, then silence until the client hangs up."""

    def __init__(self, request: bytes, hang_up: trio.Event) -> None:
        self._request = request
        self._hang_up = hang_up
        self._said = b""
        self._over = trio.Event()
        self._left = False

    async def ask(self, house: House, peer: str) -> Answer | None:
        """The answer; None when the lane leaves the request to the HTTP edge."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve, house, peer)
            await self._over.wait()
            nursery.cancel_scope.cancel()
        if self._left:
            return None
        if not self._said:
            raise NoAnswer
        return _parsed(self._said)

    async def _serve(self, house: House, peer: str) -> None:
        self._left = await house.express.serve(self, None, peer) is not None
        self._over.set()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """The request, then nothing."""
        await trio.lowlevel.checkpoint()
        if not self._request:
            await self._hang_up.wait()
        data = self._request[:max_bytes]
        self._request = self._request[len(data) :]
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what is answered."""
        await trio.lowlevel.checkpoint()
        self._said += data
        self._over.set()

    async def wait_send_all_might_not_block(self) -> None:
        """It never does."""
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Nothing is open."""
        await trio.lowlevel.checkpoint()


def _parsed(raw: bytes) -> Answer:
    """A whole response."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = tuple((name.lower(), text) for name, _, text in pairs)
    return Answer(int(first.split()[1]), headers, body)


class _Exchange:
    """The application's two ends of one request."""

    def __init__(self, hang_up: trio.Event, body: bytes) -> None:
        self._hang_up = hang_up
        self._body: bytes | None = body
        self._sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """The body in one piece, then the end of the connection when the client hangs up."""
        if self._body is None:
            await self._hang_up.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        """Keep what is answered."""
        self._sent.append(message)

    def answer(self) -> Answer:
        """The whole response."""
        if not self._sent:
            raise NoAnswer
        start = self._sent[0]
        assert start["type"] == "http.response.start"
        headers = tuple((name.decode().lower(), text.decode()) for name, text in start["headers"])
        body = b"".join(sent.get("body", b"") for sent in self._sent)
        return Answer(start["status"], headers, body)


def request_of(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", "host: play.example.net"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def scope_of(method: str, target: str, headers: dict[str, str], peer: str) -> Any:
    """The scope of a request."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": (peer, 50000),
        "server": ("play.example.net", 443),
        "state": {"connection": Connection(Peer(peer, 50000, False, "192.0.2.254:443"))},
        "extensions": {},
    }
