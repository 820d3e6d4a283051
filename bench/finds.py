"""How many finds and heartbeats a second the daemon takes, beside the same handler in other frameworks.

A find of a player gives back what he had before, so each is one request; a guest's find is measured
with the release of its booking. The peers do the same work: a pool in memory with leases, JSON in and
out, TURN credentials, grants and releases, tokens verified once. They have no limits and no metrics.
"""

from __future__ import annotations

from bench.load.jobs import Sample, Watched
from bench.peers import Absent, Peers, present
from bench.players import token_file
from bench.processes import Recipe, Server, python, running
from bench.report import Goal, Table, fewer
from bench.rounds import alternate
from bench.samples import COLUMNS, NOTE, cells, cost
from bench.servers.daemon import switchable
from bench.sizes import Script, Sizes
from bench.visits import LABELS, register, visit

DAEMON = "matchd"
EDGE = "matchd, Quart edge"

WORK = "find, embedded store"
GOALS = (("Fastify", 1.5), ("Express", 6.0), (EDGE, 20.0))

Results = dict[str, list[Sample]]


def recipes(peers: Peers | None) -> list[Recipe | Absent]:
    """The daemon with and without its fast lane, and with peers the usual frameworks."""
    chosen: list[Recipe | Absent] = [python(DAEMON, "bench.servers.daemon")]
    if switchable("http"):
        chosen.append(python(EDGE, "bench.servers.daemon", "no-http"))
    else:
        chosen.append(Absent(name=EDGE, reason="this matchd has no other"))
    if peers is not None:
        chosen.append(peers.node("Express", "express.cjs", "memory"))
        chosen.append(peers.node("Fastify", "fastify.cjs", "memory"))
        chosen.append(peers.fastapi())
        chosen.append(peers.limit())
    return chosen


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure every script on every server."""
    rows: list[tuple[str, ...]] = []
    there, absent = present(recipes(peers))
    with running(there) as servers, token_file(sizes.connections) as tokens:
        for server in servers:
            register((server.port,), Watched((server.pid,)), sizes.hosts, sizes)
        measured = {script: _measure(script, servers, sizes, tokens) for script in sizes.scripts}
    for script, results in measured.items():
        base = results[DAEMON]
        rows += [
            (f"{LABELS[script]}: {name}", *cells(some, base)) for name, some in results.items()
        ]
    return Table(
        title=f"finds: {sizes.connections} connections, {sizes.hosts:,} hosts in memory, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("operation: server", *COLUMNS),
        rows=tuple(rows),
        notes=(NOTE, "A guest's find counts with its release: two requests.", *absent),
        goals=_goals(measured["finds"]),
    )


def _measure(script: Script, servers: list[Server], sizes: Sizes, tokens: str) -> Results:
    def measure(server: Server) -> Sample:
        return visit(
            script,
            (server.port,),
            Watched((server.pid,)),
            connections=sizes.connections,
            hosts=sizes.hosts,
            seconds=sizes.seconds,
            tokens=tokens,
        )

    return alternate(servers, sizes.rounds, measure)


def _goals(results: Results) -> tuple[Goal, ...]:
    ours = cost(results[DAEMON])
    return tuple(
        fewer(WORK, ours, peer, cost(results[peer]), wanted)
        for peer, wanted in GOALS
        if peer in results
    )
