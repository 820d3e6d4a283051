"""A load: hosts, players and lookers that make a history against a list of nodes.

`load(...)` runs it as long as its body; then every client ends what it does, and everything that was
booked is looked at once more. All choices follow from the seed. Only tests import this module.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import trio

from tests.daemon.clients import Learn
from tests.history.hosting import Host
from tests.history.nodes import Nodes
from tests.history.playing import Book, Looker, Player
from tests.history.record import Call, Event, Heard, History, Kind


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How many of whom, and how many seconds pass between what they do."""

    hosts: int = 6
    players: int = 8
    lookers: int = 2
    interval: float = 0.5
    pace: float = 0.1
    patience: float = 3.0


class Load:
    """A running load."""

    def __init__(self, nodes: Nodes, size: Size, seed: int, secret: str) -> None:
        self.history = nodes.history
        self.nodes = nodes
        self.hosts = [
            Host(nodes, number, seed, secret=secret, interval=size.interval)
            for number in range(size.hosts)
        ]
        book = Book()
        self.players = [
            Player(name, nodes, book, random.Random(name))
            for name in (f"player-{seed}-{number}" for number in range(size.players))
        ]
        self.lookers = [
            Looker(name, nodes, book, random.Random(name))
            for name in (f"looker-{seed}-{number}" for number in range(size.lookers))
        ]
        self._pace = size.pace
        self._ended = trio.Event()

    async def run(self) -> None:
        """Run until `finish`, and to the end of every call; hosts stay to the last."""
        # Hosts outlive players, so the two have a nursery each.
        async with trio.open_nursery() as hosts:
            for host in self.hosts:
                hosts.start_soon(host.beat)
                hosts.start_soon(host.attend)
            async with trio.open_nursery() as callers:
                for player in self.players:
                    callers.start_soon(player.run, self._pace)
                for looker in self.lookers:
                    callers.start_soon(looker.run, self._pace)
            await self.lookers[0].look_at_all()
            for host in self.hosts:
                host.stopped = True
            hosts.cancel_scope.cancel()
        self._ended.set()

    async def go_on(self, seconds: float, events: int = 100) -> None:
        """Let it run for so long, and on a busy machine until so much has happened."""
        enough = len(self.history.events) + events
        await trio.sleep(seconds)
        for _ in range(1_000):
            if len(self.history.events) >= enough:
                return
            await trio.sleep(0.05)
        raise AssertionError("the load does next to nothing")

    async def finish(self) -> None:
        """Let every client end what he does now, and look at everything once more."""
        for caller in (*self.players, *self.lookers):
            caller.stopped = True
        await self._ended.wait()


@asynccontextmanager
async def load(
    addresses: Sequence[str],
    *,
    seed: int,
    secret: str,
    learn: Learn,
    size: Size | None = None,
) -> AsyncIterator[Load]:
    """Run a load during the body, and to its end after it."""
    size = size or Size()
    # The WebSocket library's readers live as long as any socket.
    async with trio.open_nursery() as readers:
        nodes = Nodes(list(addresses), History(), readers, learn=learn, patience=size.patience)
        running = Load(nodes, size, seed, secret)
        try:
            # The clients live beside the body.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(running.run)
                yield running
                await running.finish()
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 5):
                await nodes.aclose()
            readers.cancel_scope.cancel()


def summary(events: Sequence[Event]) -> str:
    """Calls by operation and outcome with their latencies, and how much was heard."""
    times: dict[str, list[float]] = defaultdict(list)
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for call in (event for event in events if isinstance(event, Call)):
        told = "unknown" if call.told is None else str(call.told.code or call.told.status)
        outcomes[call.operation][told] += 1
        times[call.operation].append(call.end - call.begin)
    lines = [
        f"{operation:8} {len(taken):6}  median {statistics.median(taken) * 1000:7.1f} ms"
        f"  longest {max(taken) * 1000:7.1f} ms  {dict(outcomes[operation].most_common())}"
        for operation, taken in sorted(times.items())
    ]
    heard = Counter(event.kind for event in events if isinstance(event, Heard))
    signals, joined = heard[Kind.SIGNAL], heard[Kind.JOINED]
    return "\n".join([*lines, f"heard    {signals} signals, {joined} peers joined"])
