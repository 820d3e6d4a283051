"""A whole house behind its front door, in one process: what fuzzers are let loose on.

Owns `Yard`: connections on pairs of sockets that the real front serves, what the barrier had to catch,
and what is left when everybody has gone; `campaign`, which repeats a case and looks for both. Time is
virtual, so that deadlines cost nothing.
"""

from __future__ import annotations

import gc
import os
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio
import trio.testing

from matchd.domain.addresses import Networks
from matchd.domain.journal import Bounds
from matchd.domain.limits import Rate
from matchd.listener.caps import Caps
from matchd.listener.connection import Connection
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from tests.house import House

SECONDS = float(os.environ.get("MATCHD_FUZZ", "0"))
"""How long each fuzzer runs; without it each does a number of cases that are always the same."""

ALL = Networks(("0.0.0.0/0", "::/0", "unix:"))
FAST = Rate.parse("100000/s")
FORGOTTEN = 3 * 3600 if SECONDS else 1_200
"""Seconds after which next to nothing that anybody did is kept in memory."""

SHORT = Bounds(count=100, age=3_600)
"""What is kept of the journal: bounds that are soon met."""

SLACK = 1_000
"""Python objects that may come and go with caches."""


class Yard:
    """The house, its front, and what went wrong there."""

    def __init__(self, nursery: trio.Nursery, house: House) -> None:
        self.house = house
        self.faults: list[BaseException] = []
        self.counts: Counter[str] = Counter()
        self.open = 0
        self._nursery = nursery
        self._left = trio.Event()
        house.change(exempt=ALL, message_rate=FAST, signal_rate=FAST, move_rate=FAST)
        house.change(journal_keep=SHORT, audit_keep=SHORT)
        edges = Edges(
            serve_http=self._serve_http,
            serve_websocket=self._serve_websocket,
            express=house.express if house.laned else None,
        )
        watch = Watch(on_fault=self._on_fault, on_event=self._on_event)
        self._front = Front(edges, Caps(100, 100), watch, Rules())

    async def dial(self) -> trio.SocketStream:
        """Connect."""
        mine, theirs = socket.socketpair()
        theirs.setblocking(False)
        self.open += 1
        self._nursery.start_soon(self._serve, theirs)
        await trio.lowlevel.checkpoint()
        return trio.SocketStream(trio.socket.from_stdlib_socket(mine))

    async def emptied(self) -> None:
        """Wait until no connection is served any more."""
        with trio.fail_after(600):
            await trio.lowlevel.checkpoint()
            while self.open:
                await self._left.wait()
            await self.house.lane.emptied()

    async def forget(self, seconds: float = FORGOTTEN) -> None:
        """Let so much time pass that nothing is left of anybody."""
        await self.emptied()
        await trio.sleep(seconds)

    async def run(self) -> None:
        """What the daemon runs beside its connections (`matchd/daemon/lifecycle.py`)."""
        house = self.house
        async with trio.open_nursery() as nursery:
            await nursery.start(house.store.run)
            await nursery.start(house.lane.run)
            nursery.start_soon(house.express.run)
            await house.nodes.tick()
            await house.upkeep.begin()
            for task in (
                *(*house.upkeep.tasks, *house.told.tasks, *house.play.tasks, *house.chat.tasks),
                *(house.lobbies.feed.run, house.lobbies.keeper.run, house.lobbies.teller.run),
                *(house.nodes.run, house.nodes.listen, house.nodes.tend, house.nodes.mend),
                *(house.groups.run, house.keeper.run, house.journal.run),
            ):
                nursery.start_soon(task)

    def check(self, case: object) -> None:
        """Refuse what the barrier or an edge had to catch."""
        faults = self.faults + self.house.faults
        assert not faults, f"{case!r}: {faults}"
        for metric in self.house.metrics.faults.collect():
            for sample in metric.samples:
                failed = sample.name.endswith("_total") and sample.value
                assert not failed, f"{case!r}: {sample.labels}"

    async def _serve(self, sock: socket.socket) -> None:
        try:
            await self._front.handle(sock, tls=False)
        finally:
            sock.close()
            self.open -= 1
            self._left.set()
            self._left = trio.Event()

    async def _serve_http(self, stream: HttpStream, connection: Connection) -> None:
        await self.house.http.serve(stream, connection)

    async def _serve_websocket(self, stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        await self.house.edge.serve(stream, stream, head, peer)

    def _on_fault(self, error: BaseException, _peer: Peer) -> None:
        self.faults.append(error)

    def _on_event(self, name: str) -> None:
        self.counts[name] += 1


@asynccontextmanager
async def yard() -> AsyncIterator[Yard]:
    """A house that runs during the body; it has both lanes if `House.laned` says so."""
    async with trio.open_nursery() as nursery:
        made = Yard(nursery, House())
        nursery.start_soon(made.run)
        yield made
        await made.emptied()
        nursery.cancel_scope.cancel()


Case = Callable[[Yard, random.Random], Awaitable[object]]


async def campaign(case: Case, cases: int) -> None:
    """Run a case so many times, or for MATCHD_FUZZ seconds; nothing fails, and nothing is left.

    A case closes what it opened. The seeds are those of its numbers, so each failure names the one
    that repeats it. The first half warms caches; what the second half leaves would be a leak.
    """
    seconds = SECONDS / 2
    first = random.SystemRandom().randrange(1 << 40) if SECONDS else 0
    async with yard() as made:
        done = await _rounds(made, case, first, cases // 2, seconds)
        before = await left(made)
        await _rounds(made, case, first + done, cases // 2, seconds)
        after = await left(made)
    assert after[0] <= before[0], "tasks are left"
    assert after[1] - before[1] < SLACK, f"{after[1] - before[1]} objects are left"


async def _rounds(made: Yard, case: Case, first: int, cases: int, seconds: float) -> int:
    begun = os.times().elapsed
    done = 0
    while done < cases or os.times().elapsed - begun < seconds:
        told = await case(made, random.Random(first + done))
        await made.emptied()
        made.check((first + done, told))
        done += 1
        if done % 500 == 0:
            await made.forget()
    return done


async def left(made: Yard, seconds: float = FORGOTTEN) -> tuple[int, int]:
    """Tasks and objects that are there at rest."""
    await made.forget(seconds)
    for bounded in (made.house.tokens._cache, made.house.ice._last):  # by number, and not by time
        bounded.clear()
    gc.collect()
    return trio.lowlevel.current_statistics().tasks_living, len(gc.get_objects())
