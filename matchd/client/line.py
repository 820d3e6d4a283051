"""A signaling socket that comes back: to one room, for as long as there is something to come back to.

Theory: `run` visits the room again and again. A visit begins with `prepare` (a host beats first, so
that the server knows it) and ends with a `_Parting`. A parting that may mend is told as SocketLost and
followed by a back-off; any other one is raised. A visit that lasted begins the next back-off anew.

Rules: a message is written once, to the socket of now or to the next one. A write that was cut short
poisons its socket, which is aborted. Every socket is pinged, since a dead network says nothing. Events
are handed over one by one, none dropped: whoever does not take them loses the socket, and comes back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import trio
import wsproto.utilities
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    WebSocketConnection,
    wrap_client_stream,
)

from matchd.client.client import Client
from matchd.client.errors import ClientError, Closed, Unreachable, refusal
from matchd.client.events import Event, SocketLost, SocketOpened, decode
from matchd.client.origin import Origin
from matchd.errors import TooLarge
from matchd.protocol import rooms as dialect
from matchd.protocol.bodies import MAX_BODY
from matchd.protocol.news import Close

CUT = 1006
"""The code of a socket that ended without one (RFC 6455, 7.1.5)."""
MOST_READ = 4 * MAX_BODY
"""Bytes a message of the server's may have; its own are far smaller."""

_FINAL = frozenset(
    {
        Close.NORMAL,
        Close.MALFORMED,
        Close.UNAUTHORIZED,
        Close.FORBIDDEN,
        Close.NOT_FOUND,
        Close.REPLACED,
        Close.GONE,
        Close.LOCKED,
    }
)


class Door(msgspec.Struct, frozen=True):
    """Where a socket is opened, and what is shown there."""

    origin: Origin
    target: str
    credential: str | None = None


class _Parting(msgspec.Struct, frozen=True):
    """How a visit ended."""

    lost: SocketLost
    error: ClientError | None = None


class _Socket(msgspec.Struct, frozen=True):
    connection: WebSocketConnection
    stream: trio.abc.Stream


async def _at_once() -> None:
    await trio.lowlevel.checkpoint()


class Line:
    """The way to one room. `tell` takes each event."""

    def __init__(
        self,
        client: Client,
        door: Door,
        tell: Callable[[Event], Awaitable[None]],
        prepare: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        # Fixed after construction.
        self._client = client
        self._pace = client.pace
        self._door = door
        self._tell = tell
        self._prepare = prepare
        # Changed by `run`.
        self._socket: _Socket | None = None
        self._opened = trio.Event()
        self._leaving = trio.Event()
        self._told = False  # that we are out of the room
        self._over = False

    async def run(self) -> None:
        """Visit the room until `leave`; Closed or Refused when there is no coming back."""
        try:
            await self._come_and_go()
        finally:
            self._over = True
            self._opened.set()

    async def send(self, message: dialect.Signal) -> None:
        """Write a message, once there is a socket; Closed when there will be none.

        Whether it is heard is not known.
        """
        text = msgspec.json.encode(message)
        if len(text) > MAX_BODY:
            raise TooLarge("The message is larger than 64 KiB.")
        while (socket := self._socket) is None:
            if self._over:
                raise Closed(Close.GONE, "there is no coming back to this room")
            await self._opened.wait()
        written = False
        try:
            with trio.move_on_after(self._pace.answer):
                await socket.connection.send_message(text.decode())
                written = True
        except ConnectionClosed:
            written = True  # `run` knows already
        finally:
            if not written:
                await trio.aclose_forcefully(socket.stream)

    async def leave(self) -> None:
        """Close the socket in order; `run` returns."""
        self._leaving.set()
        if self._socket is not None:
            with trio.move_on_after(self._pace.farewell):
                await self._socket.connection.aclose()

    async def _come_and_go(self) -> None:
        backoff = self._client.backoff()
        while not self._leaving.is_set():
            await self._prepare()
            begun = trio.current_time()
            parting = await self._visit()
            if self._leaving.is_set():
                return
            if parting.error is not None and not parting.error.temporary:
                raise parting.error
            if not self._told:
                self._told = True
                await self._tell(parting.lost)
            if trio.current_time() - begun >= self._pace.steady:
                backoff.reset()
            at_least = None if parting.error is None else parting.error.retry_after
            await trio.sleep(backoff.next(at_least))

    async def _visit(self) -> _Parting:
        parting = _Parting(SocketLost(CUT))
        try:
            stream = await self._connect()
        except Unreachable as error:
            return _Parting(SocketLost(CUT, str(error)), error)
        try:
            # The library's reader is a task, and so are our pings; it raises in there, too.
            async with trio.open_nursery() as nursery:
                parting = await self._inside(nursery, stream)
                nursery.cancel_scope.cancel()
        except* ConnectionRejected as group:
            parting = _rejected(group)
        except* (trio.BrokenResourceError, trio.ClosedResourceError, ConnectionClosed):
            pass
        except* wsproto.utilities.ProtocolError:
            parting = _Parting(SocketLost(CUT, "what answers there is no WebSocket"))
        finally:
            self._socket = None
            await trio.aclose_forcefully(stream)
        return parting

    async def _connect(self) -> trio.abc.Stream:
        with trio.move_on_after(self._pace.answer):
            return await self._client.connect(self._door.origin)
        raise Unreachable("no connection in time")

    async def _inside(self, nursery: trio.Nursery, stream: trio.abc.Stream) -> _Parting:
        credential = self._door.credential
        headers = (
            [] if credential is None else [(b"authorization", b"Bearer " + credential.encode())]
        )
        connection: WebSocketConnection | None = None
        with trio.move_on_after(self._pace.answer):
            connection = await wrap_client_stream(
                nursery,
                stream,  # type: ignore[arg-type]  # any stream will do
                self._door.origin.authority,
                self._door.target,
                extra_headers=headers,
                max_message_size=MOST_READ,
            )
        if connection is None:
            return _Parting(SocketLost(CUT, "no handshake in time"))
        if connection.closed is None:
            socket = _Socket(connection, stream)
            nursery.start_soon(self._keep_alive, socket)
            self._told = False
            await self._tell(SocketOpened())
            self._socket, opened, self._opened = socket, self._opened, trio.Event()
            opened.set()
        return await self._listen(connection)

    async def _listen(self, connection: WebSocketConnection) -> _Parting:
        try:
            while True:
                text = await connection.get_message()
                event = decode(text) if isinstance(text, str) else None
                if event is not None:
                    await self._tell(event)
        except ConnectionClosed as closed:
            self._socket = None
            code = CUT if closed.reason is None else closed.reason.code
            reason = "" if closed.reason is None else closed.reason.reason or ""
        final = Closed(code, reason) if code in _FINAL else None
        return _Parting(SocketLost(code, reason), final)

    async def _keep_alive(self, socket: _Socket) -> None:
        answered = True
        while answered:
            await trio.sleep(self._pace.ping)
            answered = False
            with trio.move_on_after(self._pace.answer):
                await socket.connection.ping()
                answered = True
        await trio.aclose_forcefully(socket.stream)


def _rejected(group: BaseExceptionGroup[ConnectionRejected]) -> _Parting:
    """What the server says to an upgrade that it refuses."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, ConnectionRejected)
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found.headers
    }
    error = refusal(found.status_code, headers, bytes(found.body or b""))
    return _Parting(SocketLost(CUT, str(error)), error)
