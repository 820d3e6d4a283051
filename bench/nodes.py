"""What a second node and the Redis between them cost: finds and relayed signals of whole daemons.

Beside the daemon alone with its embedded store stand one node on a Redis and two nodes on a Redis of
theirs. With two, every second connection finds at the other node, and the host and the player of each
pair sit at different nodes, so that each signal crosses the bus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from bench.load.jobs import RelaySample, Sample, Watched
from bench.processes import Server, python, running
from bench.redis_server import RedisServer, redis_server
from bench.report import Table, middle, number, times
from bench.rounds import alternate
from bench.sizes import Sizes
from bench.sockets import talk
from bench.visits import register, visit

ALONE = "embedded, 1 node"


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes that share a store."""

    name: str
    nodes: tuple[Server, ...]
    redis: RedisServer | None = None

    @property
    def ports(self) -> tuple[int, ...]:
        """Where its nodes listen."""
        return tuple(node.port for node in self.nodes)

    @property
    def watched(self) -> Watched:
        """All its processes."""
        pids = tuple(node.pid for node in self.nodes)
        return Watched(pids, None if self.redis is None else self.redis.pid)


@contextmanager
def houses() -> Iterator[list[House]]:
    """One node alone, one on a Redis, two on another."""
    with ExitStack() as stack:
        built = [House(name=ALONE, nodes=_nodes(stack, 1))]
        for count in (1, 2):
            redis = stack.enter_context(redis_server())
            name = f"Redis, {count} node" + "s" * (count > 1)
            built.append(House(name=name, nodes=_nodes(stack, count, redis.url), redis=redis))
        yield built


def _nodes(stack: ExitStack, count: int, *arguments: str) -> tuple[Server, ...]:
    daemon = python("matchd", "bench.servers.daemon", *arguments)
    return tuple(stack.enter_context(running([daemon] * count)))


def run(sizes: Sizes) -> Table:
    """Measure finds, then the relay."""

    def finds(house: House) -> Sample:
        return visit(
            "matches",
            house.ports,
            house.watched,
            connections=sizes.connections,
            hosts=sizes.hosts,
            seconds=sizes.seconds,
        )

    def relay(house: House) -> RelaySample:
        return talk(
            house.ports,
            house.watched,
            pairs=sizes.shared_pairs,
            closed=sizes.seconds,
            open_=sizes.seconds,
            rate=sizes.rate,
        )

    with houses() as built:
        for house in built:
            register(house.ports, house.watched, sizes.hosts, sizes)
        found = alternate(built, sizes.rounds, finds)
        relayed = alternate(built, sizes.rounds, relay)
    closed = {name: [one.closed for one in some if one.closed] for name, some in relayed.items()}
    steady = {name: [one.open for one in some if one.open] for name, some in relayed.items()}
    return Table(
        title=f"nodes: {sizes.connections} connections and {sizes.hosts:,} hosts, or "
        f"{sizes.shared_pairs} pairs, medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=(
            *("operation: store", "per second", "to embedded", "CPU µs", "to embedded"),
            *("Redis µs", "p50 ms", "p99 ms", "generator"),
        ),
        rows=(
            *_rows("find + release", found),
            *_rows("signal, closed loop", closed),
            *_rows(f"signal, {sizes.rate:,}/s", steady),
        ),
        notes=(
            "With 2 nodes every signal crosses the bus; both nodes have one core, Redis the other.",
            "CPU µs: of all nodes, per operation. p50 and p99: of finds and signals;",
            "in the open loop since the schedule. Near 100 % the generator was the limit.",
        ),
    )


def _rows(operation: str, samples: dict[str, list[Sample]]) -> Iterator[tuple[str, ...]]:
    base = samples[ALONE]
    for name, measured in samples.items():
        yield _row(f"{operation}: {name}", measured, base)


def _row(name: str, samples: Sequence[Sample], base: Sequence[Sample]) -> tuple[str, ...]:
    rate, cost = middle(s.rate for s in samples), middle(s.microseconds for s in samples)
    return (
        name,
        number(rate),
        times(rate, middle(s.rate for s in base)),
        number(cost),
        times(cost, middle(s.microseconds for s in base)),
        number(middle(s.redis_microseconds for s in samples)),
        number(middle(s.p50 for s in samples)),
        number(middle(s.p99 for s in samples)),
        f"{middle(s.own_share for s in samples):.0f} %",
    )
