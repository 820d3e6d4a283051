"""Several nodes over one Redis, and everything that can be done to them.

Owns `Cluster`: daemons with the same secrets, each with a wire of its own to Redis, which can be
killed, started, paused, cut off and mended. It keeps the times of all that (`faults`), for the checker.
What a node's configuration says is the caller's affair. Only tests import this module.
"""

from __future__ import annotations

import math
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from tests.daemon.coturn import HOST, free_ports
from tests.daemon.process import COMMAND, Daemon, Log, Site, environment
from tests.history.rules import Window
from tests.history.wire import Wire, wire
from tests.store.redis_server import RedisServer

START = 60.0
"""Seconds that a process may take to be ready on a machine that has other things to do."""

Configure = Callable[[str, int, str], str]
"""Makes a node's configuration file from its name, its port, and the URL of its Redis (or "")."""


class Node:
    """One daemon of a cluster. Where it listens stays the same, whichever process is there."""

    def __init__(self, site: Site, name: str, wire: Wire | None) -> None:
        self.name = name
        self.port = free_ports()[0]
        self.wire = wire
        self.daemon: Daemon | None = None
        self._site = site

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self.port}"

    @property
    def path(self) -> Path:
        """Its configuration file, beside the secrets that all nodes share."""
        return self._site.directory / f"{self.name}.toml"

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Run a process to its end; started when it is ready."""
        process = await trio.lowlevel.open_process(
            [*COMMAND, "--config", str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment({}),
        )
        assert process.stdout is not None
        log = Log()
        self._site.logs.append(log)
        daemon = Daemon(self._site, process, log)
        try:
            # The log is followed by a task beside the wait for readiness.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(log.read, process.stdout)
                daemon.listen = (await log.until("daemon.ready", patience=START))["listen"][0]
                self.daemon = daemon
                task_status.started()
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()

    @property
    def running(self) -> Daemon:
        """Its process; AssertionError before the first."""
        assert self.daemon is not None, f"{self.name} was never started"
        return self.daemon


class Cluster:
    """The nodes by name, their Redis, and what was done to them."""

    def __init__(
        self, nodes: Sequence[Node], server: RedisServer | None, nursery: trio.Nursery
    ) -> None:
        self.nodes = {node.name: node for node in nodes}
        self.server = server
        self._nursery = nursery
        self._broken: dict[str, float] = {}
        self._mended: list[Window] = []

    @property
    def addresses(self) -> list[str]:
        """Where all nodes are, for a load."""
        return [node.address for node in self.nodes.values()]

    @property
    def faults(self) -> tuple[Window, ...]:
        """From when to when something was broken, by `time.monotonic`."""
        return (*self._mended, *((begin, math.inf) for begin in self._broken.values()))

    async def start(self, name: str) -> Daemon:
        """Start a node and wait until it is ready."""
        node = self.nodes[name]
        await self._nursery.start(node.run)
        self._mend(name)
        return node.running

    async def start_all(self) -> None:
        """Start every node, all at once."""
        # A node alone keeps one processor busy and waits for the other half of its time.
        async with trio.open_nursery() as nursery:
            for name in self.nodes:
                nursery.start_soon(self.start, name)

    async def kill(self, name: str) -> None:
        """End a node as kill -9 does."""
        self._break(name)
        self.nodes[name].running.signal(signal.SIGKILL)
        await self.nodes[name].running.stopped()

    async def stop(self, name: str) -> None:
        """End a node in order; it must say 0."""
        self._break(name)
        self.nodes[name].running.signal(signal.SIGTERM)
        status = await self.nodes[name].running.stopped()
        assert status == 0, f"{name} ended with {status}"

    def pause(self, name: str) -> None:
        """Have a node stand still."""
        self._break(name)
        self.nodes[name].running.signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Have a paused node go on."""
        self.nodes[name].running.signal(signal.SIGCONT)
        self._mend(name)

    def stall(self, name: str) -> None:
        """Let nothing through between a node and Redis, silently."""
        self._break(name)
        self._wire(name).stall()

    def mute(self, name: str) -> None:
        """Let a node's commands through to Redis, and no answer back."""
        self._break(name)
        self._wire(name).mute()

    def cut(self, name: str) -> None:
        """Reset a node's connections to Redis, old and new."""
        self._break(name)
        self._wire(name).cut()

    def mend(self, name: str) -> None:
        """Let everything through again between a node and Redis."""
        self._wire(name).mend()
        self._mend(name)

    async def kill_redis(self) -> None:
        """End Redis as kill -9 does."""
        self._break("redis")
        assert self.server is not None
        await trio.to_thread.run_sync(self.server.kill)

    async def start_redis(self) -> None:
        """Start Redis where it was, with what it had written."""
        assert self.server is not None
        await trio.to_thread.run_sync(self.server.start)
        self._mend("redis")

    async def end(self) -> None:
        """End in order whatever runs, all at once."""
        # Each takes its time to send its sockets away.
        async with trio.open_nursery() as nursery:
            for name, node in self.nodes.items():
                if node.daemon is not None and node.daemon.process.poll() is None:
                    self.resume(name)
                    nursery.start_soon(self.stop, name)

    def _wire(self, name: str) -> Wire:
        wire = self.nodes[name].wire
        assert wire is not None, f"{name} has no Redis"
        return wire

    def _break(self, what: str) -> None:
        self._broken.setdefault(what, time.monotonic())

    def _mend(self, what: str) -> None:
        if what in self._broken:
            self._mended.append((self._broken.pop(what), time.monotonic()))


@asynccontextmanager
async def cluster(
    site: Site, names: Sequence[str], configure: Configure, server: RedisServer | None = None
) -> AsyncIterator[Cluster]:
    """Run nodes of these names during the body; in the end all that still run must stop with 0.

    The secrets are the site's, as are the logs, so its guard covers every node.
    """
    async with AsyncExitStack() as stack:
        nodes = [await _node(site, name, configure, server, stack) for name in names]
        # Each node is a task that follows its process.
        nursery = await stack.enter_async_context(trio.open_nursery())
        made = Cluster(nodes, server, nursery)
        try:
            await made.start_all()
            yield made
        except BaseException:
            nursery.cancel_scope.cancel()
            raise
        await made.end()


async def _node(
    site: Site,
    name: str,
    configure: Configure,
    server: RedisServer | None,
    stack: AsyncExitStack,
) -> Node:
    """A node with its wire and its configuration, not yet started."""
    link = None
    if server is not None:
        link = await stack.enter_async_context(wire("127.0.0.1", server.port))
    node = Node(site, name, link)
    url = "" if link is None else f"redis://127.0.0.1:{link.port}"
    node.path.write_text(configure(name, node.port, url))
    return node
