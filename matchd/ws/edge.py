"""Serves one upgraded connection: admission, the upgrade, frames in, frames out, farewell.

A refusal is an HTTP answer on the upgrade request. A plain connection through a door that only relays
goes to the `lane` then, and its task ends. The others are served here, with the library: the reader
relays synchronously, so order per sender needs no lock, and a peer that does not read costs only
itself.
"""

from __future__ import annotations

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto.utilities import LocalProtocolError

from matchd.errors import NotFound, Refusal
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.protocol.bodies import MAX_BODY
from matchd.protocol.frames import accepted
from matchd.protocol.news import Close
from matchd.protocol.refusal import http_refusal
from matchd.protocol.statuses import STATUS
from matchd.services.settings import Current, RelayLimits
from matchd.ws.doors import Conversation, Doors, RelayDoor, Visit, find_door
from matchd.ws.hold import Connection, Peer
from matchd.ws.keeper import Keeper
from matchd.ws.lane import CLEAN_UP, Lane
from matchd.ws.requests import Head, check_handshake, check_origin, request_id
from matchd.ws.socket import FAREWELLS, Socket

_log = get_logger()


class WebSocketEdge:
    """What the listener hands upgrades to; of its doors the first that opens is taken."""

    def __init__(
        self,
        doors: Doors,
        current: Current,
        limits: RelayLimits,
        keeper: Keeper,
        metrics: Metrics,
        *,
        lane: Lane | None = None,
    ) -> None:
        self._doors = doors
        self._current = current
        self._limits = limits
        self._keeper = keeper
        self._metrics = metrics
        self._lane = lane

    async def serve(
        self, stream: trio.abc.Stream, wire: Connection, head: Head, peer: Peer
    ) -> None:
        """Serve until the socket is closed, or has moved to the lane; `wire` is the same connection as
        `stream`.
        """
        try:
            check_handshake(head)
            check_origin(head, self._current.settings)
            if self._lane is not None and not peer.tls and not wire.buffered:
                relay = find_door(self._doors.relays, head)
                if relay is not None:
                    await self._relay(self._lane, relay, wire, head, peer)
                    return
            door = find_door(self._doors.all, head)
            if door is None:
                raise NotFound("There is no WebSocket at this address.")
            socket = Socket(wire, door.limits or self._limits, self._metrics)
            visit = await door.enter(head, peer.host, socket)
        except Refusal as refusal:
            await self._refuse(stream, refusal, request_id(head))
            return
        try:
            await self._converse(stream, socket, visit, door.dialect)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                await visit.leave()

    async def _relay(
        self, lane: Lane, door: RelayDoor, wire: Connection, head: Head, peer: Peer
    ) -> None:
        """Let a socket in, and hand it to the lane."""
        socket = lane.socket(door.limits or self._limits)
        visit = await door.enter(head, peer.host, socket)
        try:
            answer = accepted(head.get(b"sec-websocket-key") or b"")
            lane.take(socket, wire, visit, dialect=door.dialect, answer=answer)
        except BaseException:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                await visit.leave()
            raise

    async def _refuse(self, stream: trio.abc.Stream, refusal: Refusal, name: str) -> None:
        _log.info("socket.refused", code=refusal.code, request_id=name)
        await stream.send_all(
            http_refusal(
                STATUS[refusal.code],
                refusal.code,
                refusal.message,
                name,
                retry_after=refusal.retry_after,
            )
        )

    async def _converse(
        self, stream: trio.abc.Stream, socket: Socket, visit: Visit, dialect: str
    ) -> None:
        gauge = self._metrics.sockets.labels(dialect)
        gauge.inc()
        self._keeper.add(socket)
        try:
            # The library's reader and our writers are tasks; all end with this socket.
            async with trio.open_nursery() as nursery:
                request = await wrap_server_stream(nursery, stream, max_message_size=MAX_BODY)
                connection = await request.accept()
                socket.attach(connection, nursery)
                for task in visit.tasks:
                    nursery.start_soon(task)
                try:
                    done = await _read(connection, socket, visit.conversation)
                    # To a close of ours the library gives the code 1000, whatever it was.
                    if done and not socket.ending:
                        visit.goodbye()
                    await socket.written()
                finally:
                    socket.detach()
                nursery.cancel_scope.cancel()
        except* (ConnectionClosed, LocalProtocolError):
            # The usual ends of a socket: the peer went away in the middle of something, or pinged
            # after our close, which the library answers with a pong that it may not send any more.
            pass
        finally:
            self._keeper.remove(socket)
            gauge.dec()


async def _read(
    connection: WebSocketConnection, socket: Socket, conversation: Conversation
) -> bool:
    """Hand every frame over until the end; whether the peer closed in order, of its own will."""
    try:
        while True:
            message = await connection.get_message()
            if isinstance(message, str):
                # The library counts characters, and the bound is one of bytes.
                if 4 * len(message) > MAX_BODY and len(message.encode()) > MAX_BODY:
                    socket.close(Close.TOO_LARGE, f"messages have at most {MAX_BODY} bytes")
                else:
                    conversation.receive(message)
            else:
                conversation.refuse()
    except ConnectionClosed as closed:
        return closed.reason is not None and closed.reason.code in FAREWELLS
