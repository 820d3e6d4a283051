"""How many WebSockets are opened a second, and how long a storm of them takes."""

from __future__ import annotations

from math import inf

from bench.load.jobs import Sample
from bench.load.native import LoadFailed
from bench.peers import Peers
from bench.processes import Server
from bench.report import Table, least, middle, most, number, times
from bench.rounds import alternate
from bench.samples import cost, p99, rate
from bench.sizes import Sizes
from bench.sockets import DAEMON, LIMIT, PEER_MATCHBOX, PEERJS, WS, open_many, relaying

UNDER_WAY = 64
"""Handshakes at a time when it is no storm."""


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure the daemon in both dialects, and its peers, both ways."""

    def steady(server: Server) -> Sample:
        return open_many(server, sizes.opened, UNDER_WAY)

    def storm(server: Server) -> Sample | None:
        try:
            return open_many(server, sizes.at_once, sizes.at_once)
        except LoadFailed:
            if server.name.startswith(DAEMON):
                raise
            return None  # some queue too few of those who come, and reset the rest

    with relaying(peers, WS, PEER_MATCHBOX, PEERJS, LIMIT) as (servers, absent):
        opened = alternate(servers, sizes.rounds, steady)
        stormed = alternate(servers, sizes.rounds, storm)
    last = {name: _seconds(some) for name, some in stormed.items()}
    return Table(
        title=f"opens: {sizes.opened:,} sockets, {UNDER_WAY} handshakes at a time, and "
        f"{sizes.at_once:,} at once, medians of {sizes.rounds} rounds",
        columns=("server", "per second", "to matchd", "CPU µs", "p99 ms", "all at once s"),
        rows=tuple(_row(name, some, opened[DAEMON], last[name]) for name, some in opened.items()),
        notes=(
            "A socket is open when the answer to its handshake is whole.",
            "All at once: - where connections were reset.",
            *absent,
        ),
        goals=(
            least("connections opened", rate(opened[DAEMON]), 8000, "a second"),
            most(f"{sizes.at_once:,} opened at once", last[DAEMON] or inf, 1.0, "s"),
        ),
    )


def _seconds(storms: list[Sample | None]) -> float | None:
    """The median of those in which everybody came in; None where in one somebody did not."""
    whole = [one.seconds for one in storms if one is not None]
    return middle(whole) if len(whole) == len(storms) else None


def _row(
    name: str, samples: list[Sample], base: list[Sample], last: float | None
) -> tuple[str, ...]:
    return (
        name,
        number(rate(samples)),
        times(rate(samples), rate(base)),
        number(cost(samples)),
        number(p99(samples)),
        "-" if last is None else number(last),
    )
