"""Serves one upgraded connection: admission, the upgrade, frames in, frames out, farewell.

A refusal is an HTTP answer on the upgrade request. After the upgrade the reader relays synchronously,
so order per sender needs no lock, and a peer that does not read costs only itself.
"""

from __future__ import annotations

from typing import Protocol

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto.utilities import LocalProtocolError

from matchd.errors import Refusal
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.protocol.bodies import MAX_BODY
from matchd.protocol.refusal import http_refusal
from matchd.protocol.statuses import STATUS
from matchd.services.settings import Current, RelayLimits
from matchd.ws.doors import Conversation, Door, Visit, find_door
from matchd.ws.keeper import Keeper
from matchd.ws.requests import Head, check_handshake, check_origin, request_id
from matchd.ws.socket import Socket, Wire

_log = get_logger()

CLEAN_UP = 5.0
"""Seconds leaving may take while everything is being cancelled."""


FAREWELLS = frozenset((1000, 1001))
"""Close codes by which a peer says that it is done."""


class Peer(Protocol):
    """Who is at the other end of the socket."""

    @property
    def host(self) -> str:
        """The network address."""


class WebSocketEdge:
    """What the listener hands upgrades to; of its doors the first that opens is taken."""

    def __init__(
        self,
        doors: tuple[Door, ...],
        current: Current,
        limits: RelayLimits,
        keeper: Keeper,
        metrics: Metrics,
    ) -> None:
        self._doors = doors
        self._current = current
        self._limits = limits
        self._keeper = keeper
        self._metrics = metrics

    async def serve(self, stream: trio.abc.Stream, wire: Wire, head: Head, peer: Peer) -> None:
        """Serve until the socket is closed; `wire` is the same connection as `stream`."""
        try:
            check_handshake(head)
            check_origin(head, self._current.settings)
            door = find_door(self._doors, head)
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
                    done = await _read(connection, visit.conversation)
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


async def _read(connection: WebSocketConnection, conversation: Conversation) -> bool:
    """Hand every frame over until the end; whether the peer closed in order, of its own will."""
    try:
        while True:
            message = await connection.get_message()
            if isinstance(message, str):
                conversation.receive(message)
            else:
                conversation.refuse()
    except ConnectionClosed as closed:
        return closed.reason is not None and closed.reason.code in FAREWELLS
