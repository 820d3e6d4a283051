"""A wire that tests can break: a TCP proxy on loopback, without privileges.

`Wire` carries bytes between whoever connects to its port and one target. It can *stall* (nothing comes
through, nothing is refused, as with a firewall that drops), *mute* (what is asked is done, no answer
comes back), be *cut* (connections are reset, new ones too), and be *mended*; what a stall held back
then arrives. Only tests import this module.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import trio

RESET = struct.pack("ii", 1, 0)
CHUNK = 65_536


class Gate:
    """One direction: open, or holding back what comes."""

    def __init__(self) -> None:
        self._open = trio.Event()
        self._open.set()

    def shut(self) -> None:
        """Hold back what comes from now on."""
        self._open = trio.Event()

    def open(self) -> None:
        """Let everything through."""
        self._open.set()

    async def carry(self, source: trio.SocketStream, sink: trio.SocketStream) -> None:
        """Carry bytes and then the end, as far as the gate lets them."""
        while True:
            data = await source.receive_some(CHUNK)
            while not self._open.is_set():
                await self._open.wait()
            if not data:
                await sink.send_eof()
                return
            await sink.send_all(data)


class Wire:
    """A proxy to one target. `port` is where it listens."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._asked = Gate()
        self._answered = Gate()
        self._whole = True
        self._carried: set[trio.CancelScope] = set()
        self.port = 0

    def stall(self) -> None:
        """Carry nothing, and say nothing."""
        self._asked.shut()
        self._answered.shut()

    def mute(self) -> None:
        """Carry what is asked, and hold back every answer."""
        self._answered.shut()

    def cut(self) -> None:
        """Reset all connections, and those that are tried from now on."""
        self._whole = False
        for scope in self._carried:
            scope.cancel()

    def mend(self) -> None:
        """Carry everything again."""
        self._whole = True
        self._asked.open()
        self._answered.open()

    async def carry(self, near: trio.SocketStream) -> None:
        """Carry one connection until either side ends it or the wire is cut."""
        with trio.CancelScope() as scope:
            self._carried.add(scope)
            try:
                await self._connect(near)
            finally:
                self._carried.discard(scope)
                with suppress(OSError):  # a broken connection is closed already
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                await trio.aclose_forcefully(near)

    async def _connect(self, near: trio.SocketStream) -> None:
        if not self._whole:
            return
        try:
            far = await trio.open_tcp_stream(*self._target)
        except OSError:
            return
        try:
            # Each direction is carried by a task, so that neither waits for the other.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, self._asked, near, far)
                nursery.start_soon(self._carry, self._answered, far, near)
        finally:
            await trio.aclose_forcefully(far)

    async def _carry(self, gate: Gate, source: trio.SocketStream, sink: trio.SocketStream) -> None:
        try:
            await gate.carry(source, sink)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            for stream in (source, sink):
                await trio.aclose_forcefully(stream)


@asynccontextmanager
async def wire(host: str, port: int) -> AsyncIterator[Wire]:
    """A wire to this target, whole."""
    made = Wire(host, port)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    made.port = listeners[0].socket.getsockname()[1]
    # The listener and its connections live beside the body.
    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, made.carry, listeners)
        yield made
        nursery.cancel_scope.cancel()
