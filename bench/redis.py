"""What the Redis store costs beside the embedded one and the specification's own way, by pool size.

All run in this process, in turn, on one pool after another; Redis has the other core. One caller
waits for each answer before it asks again; many callers share what the batcher sends.
"""

from __future__ import annotations

import gc
import itertools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import msgspec
import trio

from bench.calls import LEASES, START, beat_of, claim_of, quiet
from bench.meter import Cost, Meter, counted_trips
from bench.redis_server import RedisServer, redis_server
from bench.report import Table, middle, number
from bench.sizes import Sizes
from bench.specification import Scanning
from matchd.domain.bookings import Cause, Terms
from matchd.domain.ids import BookingId
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Claimed, Store
from matchd.store.redis import Limits, Options, RedisStore, Target

DUE = 1000
"""Bookings that lapse in one measured sweep."""

_SEED = 7
_PATIENCE = 8
"""What takes so many times longer than a round should is measured once."""


class Pool:
    """A store with so many hosts, and its time; `stores` are the nodes that share it."""

    def __init__(self, *stores: Store, hosts: int) -> None:
        # Fixed after construction.
        self.hosts = hosts
        self._stores = stores
        self.beats = [beat_of(index) for index in range(hosts)]
        # Changed by whoever measures.
        self.nodes = 1
        self.now = START
        self._turn = 0
        self.numbers = itertools.count()
        self.held = BookingId("")

    @property
    def store(self) -> Store:
        """One node after the other."""
        self._turn += 1
        return self._stores[self._turn % self.nodes]

    async def fill(self, callers: int) -> None:
        """Register the hosts."""
        waiting = iter(self.beats)

        async def register() -> None:
            for beat in waiting:
                await self.store.hosts.beat(beat, self.now)

        async with trio.open_nursery() as nursery:
            for _ in range(callers):
                nursery.start_soon(register)

    async def book(self) -> None:
        """Book a slot."""
        asked = claim_of(next(self.numbers))
        assert isinstance(await self.store.bookings.claim(asked, self.now), Claimed)
        self.held = asked.id

    async def tidy(self) -> None:
        """Forget what is over, which is remembered for minutes, so that all rounds are alike."""
        for _ in range(2):
            self.now += 1000
            await self.store.sweep(self.now)


Operation = Callable[[Pool], Awaitable[object]]


async def beat(pool: Pool) -> object:
    """A heartbeat that changes nothing but its time."""
    return await pool.store.hosts.beat(pool.beats[next(pool.numbers) % pool.hosts], pool.now)


async def claim(pool: Pool) -> object:
    """A claim with its release: two calls."""
    asked = claim_of(next(pool.numbers))
    claimed = await pool.store.bookings.claim(asked, pool.now)
    assert isinstance(claimed, Claimed)
    return await pool.store.bookings.release(asked.id, Cause.RELEASED, pool.now)


async def look(pool: Pool) -> object:
    """A look at a booking that is held."""
    return await pool.store.bookings.look(pool.held, pool.now)


OPERATIONS: dict[str, Operation] = {"beat": beat, "claim + release": claim, "look": look}


class Way(msgspec.Struct, frozen=True):
    """How operations are asked for: of which pool, by how many at a time, at how many nodes."""

    name: str
    pool: Pool
    callers: int
    nodes: int = 1


Results = dict[str, list[Cost]]


def run(sizes: Sizes) -> Table:
    """Measure every size of the pool, each in a Redis of its own."""
    measured: dict[int, Results] = {}
    for hosts in sizes.shared_pools:
        with redis_server() as server, quiet():
            measured[hosts] = trio.run(_measure_pool, server, hosts, sizes)
            gc.unfreeze()
    return Table(
        title=f"redis: store calls in one process, medians of {sizes.rounds} rounds "
        f"of {sizes.turn:g} s",
        columns=(
            *("operation, hosts: way", "per second", "CPU µs", "Redis µs"),
            *("round trips", "scripts", "commands", "p50 ms", "p99 ms"),
        ),
        rows=tuple(
            _row(name, costs) for results in measured.values() for name, costs in results.items()
        ),
        notes=(
            "CPU µs: of this process, per operation; Redis µs: of Redis, which has the other core.",
            "Round trips are counted where they are sent, scripts and commands by Redis; commands",
            "are all it ran, those inside scripts and the host's mirror included.",
            f"sweep: one record of {DUE:,} held bookings that lapse together.",
            "2 nodes: two stores of this process, each with a connection and a thread of its own.",
            "SCAN, KEYS: the specification's own way, one caller, on the mirrored records.",
        ),
    )


async def _measure_pool(server: RedisServer, hosts: int, sizes: Sizes) -> Results:
    async with _redis_store(server) as one, _redis_store(server) as two:
        embedded = Pool(EmbeddedStore(LEASES, Terms(), random.Random(_SEED)), hosts=hosts)
        shared = Pool(one, two, hosts=hosts)
        await embedded.fill(1)
        await shared.fill(sizes.callers)
        ways = (
            Way("embedded", embedded, 1),
            Way("Redis, 1 caller", shared, 1),
            Way(f"Redis, {sizes.callers} callers", shared, sizes.callers),
            Way(f"Redis, {sizes.callers} callers at 2 nodes", shared, sizes.callers, 2),
        )
        gc.collect()
        gc.freeze()
        with counted_trips() as trips, closing(Meter(server.path, trips)) as meter:
            bench = _Bench(meter, sizes, hosts)
            for _ in range(sizes.rounds):
                for name, operation in OPERATIONS.items():
                    for way in ways:
                        await bench.measure(name, operation, way)
                for way in ways[:2]:
                    await bench.sweep(way)
                bench.scan(server.path)
            return bench.results


class _Bench:
    """Measures one pool size and keeps the results."""

    def __init__(self, meter: Meter, sizes: Sizes, hosts: int) -> None:
        self.results: Results = {}
        self._meter = meter
        self._sizes = sizes
        self._hosts = hosts

    async def measure(self, name: str, operation: Operation, way: Way) -> None:
        """A closed loop of the way's callers."""
        latencies: list[float] = []
        way.pool.nodes = way.nodes
        await way.pool.book()
        self._meter.start()
        until = time.perf_counter() + self._sizes.turn

        async def call() -> None:
            while (began := time.perf_counter()) < until:
                await operation(way.pool)
                latencies.append(time.perf_counter() - began)

        async with trio.open_nursery() as nursery:
            for _ in range(way.callers):
                nursery.start_soon(call)
        self._keep(name, way.name, self._meter.read(len(latencies), latencies))
        await way.pool.tidy()

    async def sweep(self, way: Way) -> None:
        """A sweep of held bookings that lapse together; a record is an operation."""
        due = min(DUE, self._hosts)
        way.pool.nodes = way.nodes
        async with trio.open_nursery() as nursery:
            for _ in range(due):
                nursery.start_soon(way.pool.book)
        way.pool.now += Terms().hold
        self._meter.start()
        began = time.perf_counter()
        lapsed = await way.pool.store.sweep(way.pool.now)
        took = time.perf_counter() - began
        assert len(lapsed) == due
        self._keep("sweep, per record", way.name, self._meter.read(due, [took]))
        await way.pool.tidy()

    def scan(self, path: str) -> None:
        """The specification's own ways."""
        for name, scan in (("SCAN, GET each", True), ("KEYS, MGET", False)):
            former = self.results.get(self._label("claim + release", name))
            if former is None or former[0].seconds < _PATIENCE * self._sizes.turn:
                with closing(Scanning(path, random.Random(_SEED), scan=scan)) as scanning:
                    self._keep("claim + release", name, self._scan(scanning))

    def _scan(self, scanning: Scanning) -> Cost:
        latencies: list[float] = []
        self._meter.start()
        until = time.perf_counter() + self._sizes.turn
        while (began := time.perf_counter()) < until:
            scanning.claim()
            latencies.append(time.perf_counter() - began)
        return self._meter.read(len(latencies), latencies)

    def _keep(self, operation: str, way: str, cost: Cost) -> None:
        self.results.setdefault(self._label(operation, way), []).append(cost)

    def _label(self, operation: str, way: str) -> str:
        return f"{operation}, {self._hosts:,}: {way}"


def _row(name: str, costs: list[Cost]) -> tuple[str, ...]:
    def each(part: Callable[[Cost], float]) -> str:
        return number(middle(part(cost) / cost.operations for cost in costs))

    return (
        name,
        number(middle(cost.operations / cost.seconds for cost in costs)),
        each(lambda cost: cost.own_cpu * 1e6),
        each(lambda cost: cost.redis_cpu * 1e6),
        each(lambda cost: cost.trips),
        each(lambda cost: cost.scripts),
        each(lambda cost: cost.commands),
        number(middle(cost.p50 for cost in costs)),
        number(middle(cost.p99 for cost in costs)),
    )


@asynccontextmanager
async def _redis_store(server: RedisServer) -> AsyncIterator[RedisStore]:
    limits = Limits(queue=2 * DUE)
    options = Options(Target(server.url), "bench", trust_caller_clock=True, limits=limits)
    store = RedisStore(options, LEASES, Terms(), random.Random(_SEED))
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()
