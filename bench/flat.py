"""Whether a find costs the same in a small pool and in a very large one: whole daemons, both stores.

Each store has a daemon for each size of the pool; players find at all of them in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from bench.load.jobs import Sample, Watched
from bench.players import token_file
from bench.processes import python, running
from bench.redis_server import redis_server
from bench.report import Goal, Table, apart, middle, number, times
from bench.rounds import alternate
from bench.samples import p99, rate
from bench.sizes import Sizes
from bench.visits import register, visit

STORES = ("embedded", "Redis")


class Pool(msgspec.Struct, frozen=True):
    """A daemon, and the Redis behind it if there is one."""

    name: str
    port: int
    watched: Watched
    hosts: int


def run(sizes: Sizes) -> Table:
    """Measure a player's finds in every pool."""
    results = _measure(sizes)
    first = sizes.flat[0]
    rows = [
        _row(_name(store, hosts), results, _name(store, first))
        for store in STORES
        for hosts in sizes.flat
    ]
    return Table(
        title=f"flat: finds by the number of hosts, {sizes.connections} connections, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("store, hosts", "per second", "CPU µs", f"to {first}", "p99 ms"),
        rows=tuple(rows),
        notes=("CPU µs: of the daemon and of its Redis together, per find.",),
        goals=tuple(_goal(store, sizes, results) for store in STORES),
    )


def _measure(sizes: Sizes) -> dict[str, list[Sample]]:
    with _pools(sizes) as pools, token_file(sizes.connections) as tokens:

        def measure(pool: Pool) -> Sample:
            return visit(
                "finds",
                (pool.port,),
                pool.watched,
                connections=sizes.connections,
                hosts=pool.hosts,
                seconds=sizes.seconds,
                tokens=tokens,
            )

        for pool in pools:
            register((pool.port,), pool.watched, pool.hosts, sizes)
        return alternate(pools, sizes.rounds, measure)


def _row(name: str, results: dict[str, list[Sample]], base: str) -> tuple[str, ...]:
    samples = results[name]
    return (
        name,
        number(rate(samples)),
        number(whole(samples)),
        times(whole(samples), whole(results[base])),
        number(p99(samples)),
    )


def whole(samples: list[Sample]) -> float:
    """CPU µs of the daemon and its Redis per find."""
    return middle(sample.microseconds + sample.redis_microseconds for sample in samples)


def _name(store: str, hosts: int) -> str:
    return f"{store}, {hosts:,}"


def _goal(store: str, sizes: Sizes, results: dict[str, list[Sample]]) -> Goal:
    first, last = sizes.flat[0], sizes.flat[-1]
    costs = [whole(results[_name(store, hosts)]) for hosts in (first, last)]
    return apart(f"find, {first:,} to {last:,} hosts, {store}", costs[0], costs[1], 1.1, "µs")


@contextmanager
def _pools(sizes: Sizes) -> Iterator[list[Pool]]:
    with ExitStack() as stack:
        pools: list[Pool] = []
        for store in STORES:
            for hosts in sizes.flat:
                redis = stack.enter_context(redis_server()) if store == "Redis" else None
                place = () if redis is None else (redis.url,)
                daemon = python("matchd", "bench.servers.daemon", *place)
                (server,) = stack.enter_context(running([daemon]))
                watched = Watched((server.pid,), None if redis is None else redis.pid)
                pools.append(Pool(_name(store, hosts), server.port, watched, hosts))
        yield pools
