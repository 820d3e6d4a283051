"""What a delivery costs when one frame goes to a thousand: a peer comes and goes in a full room.

Everybody in the room is told both times, so what is measured is one frame with many receivers; the
handshake of the one who comes is in it. A latency lasts until the last of them has it.
"""

from __future__ import annotations

from bench.load.jobs import Sample
from bench.peers import Peers, present
from bench.processes import Server, running
from bench.report import Table, fewer
from bench.rounds import alternate
from bench.samples import COLUMNS, NOTE, cells, cost
from bench.sizes import Sizes
from bench.sockets import DAEMON, PEER_MATCHBOX, WS, come_and_go, relays


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure every server that has such rooms."""

    def measure(server: Server) -> Sample:
        return come_and_go(server, sizes.members, sizes.seconds)

    there, absent = present(relays(peers, DAEMON, WS, PEER_MATCHBOX))
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
