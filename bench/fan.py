"""What a delivery costs when one frame goes to a thousand: a peer comes and goes in a full room.

Everybody in the room is told both times, so what is measured is one frame with many receivers; the
handshake of the one who comes is in it. A latency lasts until the last of them has it.
"""

from __future__ import annotations

from bench.load.jobs import Sample
from bench.peers import Absent, Peers, present
from bench.processes import Recipe, Server, python, running
from bench.report import Table, fewer
from bench.rounds import alternate
from bench.samples import COLUMNS, NOTE, cells, cost
from bench.sizes import Sizes
from bench.sockets import DAEMON, come_and_go

WS, MATCHBOX = "npm ws, bare rooms", "matchbox_server"


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure every server that has such rooms."""
    chosen: list[Recipe | Absent] = [python(DAEMON, "bench.servers.daemon")]
    if peers is not None:
        chosen += [peers.node(WS, "ws.cjs"), peers.matchbox()]

    def measure(server: Server) -> Sample:
        return come_and_go(server, sizes.members, sizes.seconds)

    there, absent = present(chosen)
    with running(there) as servers:
        results = alternate(servers, sizes.rounds, measure)
    ours = cost(results[DAEMON])
    return Table(
        title=f"fan: one peer comes and goes among {sizes.members:,}, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("delivery: server", *COLUMNS),
        rows=tuple((name, *cells(some, results[DAEMON])) for name, some in results.items()),
        notes=(NOTE, "Latency: until the last of them was told.", *absent),
        goals=(
            (fewer("delivery, one sender to 1,000", ours, WS, cost(results[WS]), 1 / 0.9),)
            if WS in results
            else ()
        ),
    )
