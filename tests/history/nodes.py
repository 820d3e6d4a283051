"""The way from a load's clients to the nodes: calls and sockets that never raise, all recorded.

Owns `Nodes`. A call goes to one node and is unknown when no answer comes in time or the connection
breaks; a socket is dialled at one node. Which node is asked is the caller's choice. Only tests import
this module.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import h11
import trio
import trio_websocket

from tests.daemon.clients import Http, Json, Learn, Signaling
from tests.history.record import Asked, Closed, History, Opened, Operation, Side, Told

BROKEN = (OSError, h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError)
Rejected = trio_websocket.ConnectionRejected

Read = Callable[[int, Json], Told]
"""Makes of a status and a body what the history keeps of it."""


class Socket(NamedTuple):
    """One open socket, its connection, and its name in the history."""

    signaling: Signaling
    stream: trio.abc.Stream
    opened: Opened


class Nodes:
    """Where the nodes are (`host:port` each), how they are asked, and the history of it all."""

    def __init__(
        self,
        addresses: list[str],
        history: History,
        nursery: trio.Nursery,
        *,
        learn: Learn,
        patience: float,
    ) -> None:
        self.addresses = addresses
        self.history = history
        self._nursery = nursery
        self._learn = learn
        self._patience = patience
        self._numbers = itertools.count(1)
        self._streams: set[trio.abc.Stream] = set()

    def pick(self, rng: random.Random, but: str = "") -> str:
        """Any node, if possible another one than `but`."""
        return rng.choice([node for node in self.addresses if node != but] or self.addresses)

    async def ask(
        self,
        client: str,
        node: str,
        operation: Operation,
        asked: Asked,
        *,
        request: tuple[str, str, Json | None],
        headers: Mapping[str, str],
        read: Read,
        longer: float = 0.0,
    ) -> tuple[Told | None, Json]:
        """Make a call; what is kept of its answer and the body, None where there is none."""
        body: Json = {}
        method, target, sent = request
        with self.history.call(client, node, operation, asked) as made:
            try:
                with trio.move_on_after(self._patience + longer):
                    stream = await _dial(node)
                    try:
                        http = Http(stream, self._learn)
                        await http.send(method, target, sent, headers=headers)
                        answer = await http.answer()
                        body = json.loads(answer.body)
                        made.told = read(answer.status, body)
                    finally:
                        await trio.aclose_forcefully(stream)
            except (*BROKEN, json.JSONDecodeError, trio.TooSlowError):
                pass
        return made.told, body

    async def open(
        self, client: str, node: str, asked: Asked, target: str, headers: Mapping[str, str]
    ) -> Socket | None:
        """Open a socket; None when it was refused or nobody answered."""
        stream: trio.abc.Stream | None = None
        opened: trio_websocket.WebSocketConnection | int = 0
        with self.history.call(client, node, Operation.CONNECT, asked) as made:
            try:
                with trio.move_on_after(self._patience):
                    stream = await _dial(node)
                    self._streams.add(stream)
                    opened = await self._nursery.start(_upgrade, stream, target, headers)
            except OSError:
                pass
            if opened:
                made.told = Told(status=opened if isinstance(opened, int) else 101)
        if stream is None or isinstance(opened, int):
            await self._drop(stream)
            return None
        return Socket(Signaling(opened, self._learn), stream, self._note(client, node, asked))

    def _note(self, client: str, node: str, asked: Asked) -> Opened:
        opened = Opened(
            observer=f"{client}#{next(self._numbers)}",
            node=node,
            at=self.history.clock(),
            room=asked.room,
            me=asked.host or asked.booking,
            side=Side.HOST if asked.host else Side.PLAYER,
        )
        self.history.add(opened)
        return opened

    async def close(self, socket: Socket, code: int = 1000) -> None:
        """Note the end of a socket and end it; a code of -1 is one that goes without a word."""
        self.history.add(
            Closed(observer=socket.opened.observer, at=self.history.clock(), code=code)
        )
        if code == 1000:
            with trio.move_on_after(1):
                await socket.signaling.close()
        await self._drop(socket.stream)

    async def aclose(self) -> None:
        """End whatever is still open, without a word."""
        for stream in list(self._streams):
            await self._drop(stream)

    async def _drop(self, stream: trio.abc.Stream | None) -> None:
        if stream is not None:
            self._streams.discard(stream)
            await trio.aclose_forcefully(stream)


async def _upgrade(
    stream: Any,  # any stream will do
    target: str,
    headers: Mapping[str, str],
    *,
    task_status: trio.TaskStatus[trio_websocket.WebSocketConnection | int],
) -> None:
    """Upgrade a connection and read it to its end; starts with the socket, or with the status that
    was told instead (0: none).
    """
    extra = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status, connection = 0, None
    try:
        # The library's reader is a task, which raises what refuses the upgrade; this is its home.
        async with trio.open_nursery() as nursery:
            connection = await trio_websocket.wrap_client_stream(
                nursery, stream, "matchd.test", target, extra_headers=extra
            )
            task_status.started(connection)
    except* Rejected as group:
        status = next(_leaves(group)).status_code
    except* (*BROKEN, trio_websocket.HandshakeError, trio_websocket.ConnectionClosed):
        pass
    if connection is None:
        task_status.started(status)


def _leaves(group: BaseExceptionGroup[Rejected]) -> Iterator[Rejected]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _dial(node: str) -> trio.abc.Stream:
    host, _, port = node.rpartition(":")
    return await trio.open_tcp_stream(host, int(port))
