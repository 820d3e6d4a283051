"""How many signals a second the relay carries, and how long one takes at a moderate rate."""

from __future__ import annotations

from bench.load.jobs import RelayJob, RelaySample, Watched
from bench.npm import Node
from bench.processes import Recipe, Server, python, running
from bench.report import Table, middle, number, times
from bench.rounds import alternate, load
from bench.sizes import Sizes

DAEMON = "matchd"


def recipes(node: Node | None) -> list[Recipe]:
    """The daemon, the library it stands on, and with node the usual one there."""
    chosen = [
        python(DAEMON, "bench.servers.daemon"),
        python("trio-websocket, bare relay", "bench.servers.relay"),
    ]
    if node is not None:
        chosen.append(node.recipe("npm ws, bare relay", "ws.cjs"))
    return chosen


def run(sizes: Sizes, node: Node | None = None) -> Table:
    """Measure every relay."""

    def measure(server: Server) -> RelaySample:
        job = RelayJob(
            host_port=server.port,
            player_port=server.port,
            watched=Watched((server.pid,)),
            pairs=sizes.pairs,
            seconds=sizes.seconds,
            rate=sizes.rate,
        )
        return load(job, RelaySample)

    with running(recipes(node)) as servers:
        results = alternate(servers, sizes.rounds, measure)
    return Table(
        title=f"relay: offers of 200 bytes, {sizes.pairs} pairs of host and player, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=(
            *("server", "signals/s", "to matchd", "CPU µs", "to matchd", "generator"),
            *(f"p50 ms at {sizes.rate:,}/s", "p99 ms", "CPU µs", "generator"),
        ),
        rows=tuple(_row(name, results[name], results[DAEMON]) for name in results),
        notes=(
            "Left: one signal in flight per pair. Right: an open loop, latency since the schedule.",
            "CPU µs: of the server, per relayed signal. Near 100 % the generator was the limit.",
        ),
    )


def _row(name: str, samples: list[RelaySample], base: list[RelaySample]) -> tuple[str, ...]:
    rate = middle(s.closed.rate for s in samples)
    cost = middle(s.closed.microseconds for s in samples)
    return (
        name,
        number(rate),
        times(rate, middle(s.closed.rate for s in base)),
        number(cost),
        times(cost, middle(s.closed.microseconds for s in base)),
        f"{middle(s.closed.own_share for s in samples):.0f} %",
        number(middle(s.open.p50 for s in samples)),
        number(middle(s.open.p99 for s in samples)),
        number(middle(s.open.microseconds for s in samples)),
        f"{middle(s.open.own_share for s in samples):.0f} %",
    )
