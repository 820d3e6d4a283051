"""How many finds and heartbeats a second the daemon takes, and how much of that is the stack's."""

from __future__ import annotations

from typing import Literal

from bench.load.jobs import HttpJob, Sample, Watched
from bench.npm import Node
from bench.processes import Recipe, Server, python, running
from bench.report import Table, middle, number, times
from bench.rounds import alternate, load
from bench.sizes import Sizes

DAEMON = "matchd"
_LABELS = {"finds": "find + release", "beats": "heartbeat"}


def recipes(node: Node | None) -> list[Recipe]:
    """The daemon, the same stack answering constants, and with node its usual frameworks."""
    chosen = [
        python(DAEMON, "bench.servers.daemon"),
        python("hypercorn + Quart-Trio, constant", "bench.servers.constant", "quart"),
        python("hypercorn, bare ASGI, constant", "bench.servers.constant", "bare"),
    ]
    if node is not None:
        chosen.append(node.recipe("Express, constant", "express.cjs"))
        chosen.append(node.recipe("Fastify, constant", "fastify.cjs"))
    return chosen


def run(sizes: Sizes, node: Node | None = None) -> Table:
    """Measure both scripts on every server."""
    rows: list[tuple[str, ...]] = []
    with running(recipes(node)) as servers:
        for script in ("finds", "beats"):
            rows += _measure(script, servers, sizes)
    return Table(
        title=f"finds: {sizes.connections} keep-alive connections, {sizes.hosts:,} hosts, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=(
            *("operation on server", "per second", "to matchd", "CPU µs", "to matchd"),
            *("p50 ms", "p99 ms", "generator"),
        ),
        rows=tuple(rows),
        notes=(
            "A find counts with its release: two requests. CPU µs: of the server, per operation.",
            "p50 and p99: of single requests. Near 100 % the generator was the limit.",
        ),
    )


def _measure(
    script: Literal["finds", "beats"], servers: list[Server], sizes: Sizes
) -> list[tuple[str, ...]]:
    def measure(server: Server) -> Sample:
        job = HttpJob(
            ports=(server.port,),
            watched=Watched((server.pid,)),
            script=script,
            connections=sizes.connections,
            hosts=sizes.hosts,
            seconds=sizes.seconds,
        )
        return load(job, Sample)

    results = alternate(servers, sizes.rounds, measure)
    base = results[DAEMON]
    return [_row(f"{_LABELS[script]}: {name}", results[name], base) for name in results]


def _row(name: str, samples: list[Sample], base: list[Sample]) -> tuple[str, ...]:
    rate, cost = middle(s.rate for s in samples), middle(s.microseconds for s in samples)
    return (
        name,
        number(rate),
        times(rate, middle(s.rate for s in base)),
        number(cost),
        times(cost, middle(s.microseconds for s in base)),
        number(middle(s.p50 for s in samples)),
        number(middle(s.p99 for s in samples)),
        f"{middle(s.own_share for s in samples):.0f} %",
    )
