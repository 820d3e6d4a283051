"""Finds over Redis with many hosts: the daemon, Node frameworks with the daemon's own claim script, and
the specification's scan.

Each has a Redis of its own with the same hosts. The Node servers run matchd's scripts themselves, over
ioredis with autopipelining; they write no mirror of the hosts and tell nobody what happened.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from bench.load.jobs import Sample, Watched
from bench.peers import Peers, present
from bench.players import token_file
from bench.processes import Recipe, python, running
from bench.redis_server import RedisServer, redis_server
from bench.report import Goal, Table, fewer, middle, number, times
from bench.rounds import alternate
from bench.samples import COLUMNS, NOTE, cells, cost, rate
from bench.sizes import Sizes
from bench.visits import register, visit
from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.store.redis.caller import packed
from matchd.store.redis.scripts import keys_under, load

DAEMON = "matchd"
EXPRESS, FASTIFY = "Express, same script", "Fastify, same script"
SCAN = "Express, the specification's scan"

WORK = "find, Redis store"
SCANNERS = 4
"""Connections of the scan: more would only wait longer for the one Redis."""


class Pool(msgspec.Struct, frozen=True):
    """A server and its Redis."""

    name: str
    port: int
    watched: Watched


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure a player's finds on every server."""
    results, absent = _measure(sizes, peers)
    base = results[DAEMON]
    return Table(
        title=f"shared: finds over Redis, {sizes.connections} connections, "
        f"{sizes.shared_hosts:,} hosts, medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("server", *COLUMNS, "Redis µs"),
        rows=tuple(
            (
                name,
                *cells(samples, base),
                number(middle(sample.redis_microseconds for sample in samples)),
            )
            for name, samples in results.items()
        ),
        notes=(
            NOTE,
            f"Redis and the generator share a core. The scan has {SCANNERS} connections.",
            *absent,
        ),
        goals=_goals(results),
    )


def _measure(sizes: Sizes, peers: Peers | None) -> tuple[dict[str, list[Sample]], tuple[str, ...]]:
    with _pools(peers) as (pools, absent), token_file(sizes.connections) as tokens:
        for pool in pools:
            register((pool.port,), pool.watched, sizes.shared_hosts, sizes)

        def measure(pool: Pool) -> Sample:
            return visit(
                "finds",
                (pool.port,),
                pool.watched,
                connections=SCANNERS if pool.name == SCAN else sizes.connections,
                hosts=sizes.shared_hosts,
                seconds=sizes.seconds,
                tokens=tokens,
            )

        return alternate(pools, sizes.rounds, measure), absent


@contextmanager
def _pools(peers: Peers | None) -> Iterator[tuple[list[Pool], tuple[str, ...]]]:
    with ExitStack() as stack:
        redis, chosen = stack.enter_context(redis_server()), list[tuple[RedisServer, Recipe]]()
        chosen.append((redis, python(DAEMON, "bench.servers.daemon", redis.url)))
        absent: tuple[str, ...] = ()
        for name, script, pool in (
            (EXPRESS, "express.cjs", "lua"),
            (FASTIFY, "fastify.cjs", "lua"),
            (SCAN, "express.cjs", "scan"),
        ):
            if peers is not None:
                redis = stack.enter_context(redis_server())
                scripts = stack.enter_context(_script_file())
                places = {"BENCH_REDIS": redis.path, "BENCH_SCRIPTS": scripts}
                there, missing = present([peers.node(name, script, pool, **places)])
                chosen += [(redis, recipe) for recipe in there]
                absent += missing
        servers = stack.enter_context(running([recipe for _, recipe in chosen]))
        pools = [
            Pool(server.name, server.port, Watched((server.pid,), redis.pid))
            for server, (redis, _) in zip(servers, chosen, strict=True)
        ]
        yield pools, absent


@contextmanager
def _script_file() -> Iterator[str]:
    """The scripts that a Node server needs, with the keys and rules of a store of its own."""
    scripts = load()
    rules = packed((Leases(ttl=3600, lost_after=7200), Terms(per_address=1_000_000)))
    said = {
        "scripts": {name: scripts[name].text for name in ("beat", "claim", "look", "release")},
        "keys": keys_under("matchd"),
        "rules": base64.b64encode(rules).decode(),
    }
    with tempfile.TemporaryDirectory(prefix="matchd-bench-") as directory:
        path = Path(directory) / "scripts.json"
        path.write_text(json.dumps(said), encoding="utf-8")
        yield str(path)


def _goals(results: dict[str, list[Sample]]) -> tuple[Goal, ...]:
    base = results[DAEMON]
    goals = [
        fewer(WORK, cost(base), peer, cost(results[peer]), wanted)
        for peer, wanted in ((FASTIFY, 1.0), (EXPRESS, 4.0))
        if peer in results
    ]
    if SCAN in results:
        # By what is answered in a second: most of its work is that of Redis.
        ours, theirs = rate(base), rate(results[SCAN])
        goals.append(
            Goal(
                work=f"{WORK}, by rate",
                ours=f"{number(ours)}/s",
                theirs=f"{SCAN}: {number(theirs)}/s",
                better=times(ours, theirs),
                wanted="500x",
                reached=ours >= 500 * theirs,
            )
        )
    return tuple(goals)
