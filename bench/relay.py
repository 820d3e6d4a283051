"""How many signals a second the relay carries, and how long one takes at a moderate rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.load.jobs import RelaySample, Sample, Watched
from bench.peers import Peers, present
from bench.processes import Server, running
from bench.report import Goal, Table, fewer, most, number, times
from bench.rounds import alternate
from bench.samples import COLUMNS, NOTE, cells, cost, p99
from bench.sizes import Sizes
from bench.sockets import (
    DAEMON,
    EDGE,
    LIBRARY,
    LIMIT,
    MATCHBOX,
    PEER_MATCHBOX,
    PEERJS,
    WS,
    dialect_of,
    relaying,
    relays,
    talk,
)

Results = Mapping[str, Sequence[Sample]]

OTHERS = (EDGE, LIBRARY, WS, PEER_MATCHBOX, PEERJS, LIMIT)
WORK = "relayed signal"


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure every relay: one signal in flight per pair, then an open loop."""

    def measure(server: Server) -> RelaySample:
        return talk(
            (server.port,),
            Watched((server.pid,)),
            dialect_of(server),
            pairs=sizes.pairs,
            closed=sizes.seconds,
            open_=sizes.seconds,
            rate=sizes.rate,
        )

    with relaying(peers, *OTHERS) as (servers, absent):
        results = alternate(servers, sizes.rounds, measure)
    closed = {name: [one.closed for one in some if one.closed] for name, some in results.items()}
    steady = {name: [one.open for one in some if one.open] for name, some in results.items()}
    return Table(
        title=f"relay: signals of 200 bytes between {2 * sizes.pairs:,} sockets in pairs, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("loop: server", *COLUMNS),
        rows=(*_rows("closed", closed), *_rows(f"{sizes.rate:,}/s", steady)),
        notes=(
            NOTE,
            "Closed: one signal in flight per pair. Open: latency since the schedule.",
            *absent,
        ),
        goals=_goals(closed),
    )


def run_crowded(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure the latency among many sockets at a moderate rate."""

    def measure(server: Server) -> Sample:
        sample = talk(
            (server.port,),
            Watched((server.pid,)),
            dialect_of(server),
            pairs=sizes.crowded_pairs,
            closed=0,
            open_=2 * sizes.seconds,
            rate=sizes.crowded_rate,
        )
        assert sample.open is not None
        return sample.open

    there, absent = present(relays(peers, DAEMON, WS, LIMIT))
    with running(there) as servers:
        results = alternate(servers, sizes.rounds, measure)
    return Table(
        title=f"crowded: {2 * sizes.crowded_pairs:,} sockets in pairs, {sizes.crowded_rate:,} signals "
        f"a second, medians of {sizes.rounds} rounds of {2 * sizes.seconds:g} s",
        columns=("server", *COLUMNS),
        rows=tuple((name, *cells(some, results[DAEMON])) for name, some in results.items()),
        notes=(NOTE, "Latency since the schedule.", *absent),
        goals=_crowded_goals(results, sizes),
    )


def _rows(loop: str, results: Results) -> tuple[tuple[str, ...], ...]:
    base = results[DAEMON]
    return tuple((f"{loop}: {name}", *cells(some, base)) for name, some in results.items())


def _goals(results: Results) -> tuple[Goal, ...]:
    wanted = ((DAEMON, WS, 1.2), (MATCHBOX, PEER_MATCHBOX, 1.0), (DAEMON, LIBRARY, 10.0))
    return tuple(
        fewer(f"{WORK}: {ours}", cost(results[ours]), peer, cost(results[peer]), ratio)
        for ours, peer, ratio in wanted
        if peer in results
    )


def _crowded_goals(results: Results, sizes: Sizes) -> tuple[Goal, ...]:
    work = f"p99 of a signal, {2 * sizes.crowded_pairs:,} sockets, {sizes.crowded_rate:,}/s"
    ours = p99(results[DAEMON])
    goals = [most(work, ours, 1.0, "ms")]
    if WS in results:
        theirs = p99(results[WS])
        goals.append(
            Goal(
                work=work,
                ours=f"{number(ours)} ms",
                theirs=f"{WS}: {number(theirs)} ms",
                better=times(theirs, ours),
                wanted="3x",
                reached=theirs >= 3 * ours,
            )
        )
    return tuple(goals)
