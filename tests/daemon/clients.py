"""What talks to the daemon in tests: HTTP/1.1 by h11 and WebSockets, both on Trio streams.

A client never waits longer than PATIENCE for an answer. Everything secret in what it receives is
handed to `learn`, so that the guard of `process` can look for it in the log. Only tests import this.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import h11
import trio
import trio_websocket
from wsproto.utilities import LocalProtocolError

PATIENCE = 10
"""Seconds of real time that anything may take on a busy machine."""

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

Learn = Callable[[object], None]
Json = dict[str, Any]


class Answer(NamedTuple):
    """One HTTP answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


class Http:
    """One connection that carries one request after the other."""

    def __init__(self, stream: trio.abc.Stream, learn: Learn) -> None:
        self.stream = stream
        self._learn = learn
        self._state = h11.Connection(h11.CLIENT)

    async def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        bearer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, `body` as JSON if there is one, and read its answer."""
        with trio.fail_after(PATIENCE):
            await self.send(method, target, body, bearer=bearer, headers=headers)
            return await self.answer()

    async def send(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        bearer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a request only."""
        fields = {"Host": "matchd.test", **(headers or {})}
        data = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            fields |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        if bearer is not None:
            fields["Authorization"] = f"Bearer {bearer}"
        request = h11.Request(method=method, target=target, headers=list(fields.items()))
        out = self._state.send(request) or b""
        out += self._state.send(h11.Data(data=data)) or b""
        out += self._state.send(h11.EndOfMessage()) or b""
        await self.stream.send_all(out)

    async def answer(self) -> Answer:
        """Read one answer; h11.RemoteProtocolError when the server closes instead."""
        await trio.lowlevel.checkpoint()
        head = await self._next()
        assert isinstance(head, h11.Response), f"unexpected {head!r}"
        body = b""
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
        headers = {name.decode(): value.decode() for name, value in head.headers}
        if headers.get("content-type") == "application/json":
            self._learn(json.loads(body))
        return Answer(head.status_code, headers, body)

    async def closed(self) -> None:
        """Wait until the server has closed, dropping what it still says."""
        with trio.fail_after(PATIENCE), suppress(trio.BrokenResourceError):
            while await self.stream.receive_some():
                pass
        await trio.lowlevel.checkpoint()

    async def _next(self) -> object:
        await trio.lowlevel.checkpoint()
        while (event := self._state.next_event()) is h11.NEED_DATA:
            self._state.receive_data(bytes(await self.stream.receive_some()))
        return event


class Signaling:
    """One open signaling socket."""

    def __init__(self, connection: trio_websocket.WebSocketConnection, learn: Learn) -> None:
        self._connection = connection
        self._learn = learn
        self.heard: list[Json] = []

    async def send(self, message: Json | str | bytes) -> None:
        """Send a message: an object as JSON, text and bytes as they are."""
        if isinstance(message, dict):
            message = json.dumps(message)
        await self._connection.send_message(message)

    async def receive(self) -> str:
        """Return the next text, however long it takes; trio_websocket.ConnectionClosed at the end."""
        text = await self._connection.get_message()
        assert isinstance(text, str)
        return text

    async def next(self) -> Json:
        """Return the next message; trio_websocket.ConnectionClosed if there is none."""
        with trio.fail_after(PATIENCE):
            message: Json = json.loads(await self.receive())
        self._learn(message)
        self.heard.append(message)
        return message

    async def until(self, kind: str, action: str | None = None) -> Json:
        """Return the next message of this type (and action), passing over others."""
        while True:
            message = await self.next()
            if message["type"] == kind and message.get("action") == action:
                return message

    async def ended(self) -> int:
        """Read to the end and return the close code, -1 when the connection broke."""
        try:
            while True:
                await self.next()
        except trio_websocket.ConnectionClosed as closed:
            code = -1 if closed.reason is None else int(closed.reason.code)
        await trio.lowlevel.checkpoint()
        return code

    async def close(self) -> None:
        """Close in order."""
        with trio.fail_after(PATIENCE):
            await self._connection.aclose()


@asynccontextmanager
async def signaling(
    stream: trio.abc.Stream, target: str, learn: Learn, headers: Mapping[str, str]
) -> AsyncIterator[Signaling]:
    """Upgrade a fresh connection; trio_websocket.ConnectionRejected when it is refused."""
    extra = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    try:
        # The library's reader is a task; this is its home.
        async with trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE):
                connection = await trio_websocket.wrap_client_stream(
                    nursery,
                    stream,  # type: ignore[arg-type]  # any stream will do
                    "matchd.test",
                    target,
                    extra_headers=extra,
                )
            try:
                yield Signaling(connection, learn)
            finally:
                with trio.move_on_after(1):
                    await connection.aclose()
                nursery.cancel_scope.cancel()
    except* LocalProtocolError:
        pass  # a ping came behind our close: more than the library's reader can bear
