"""The queue and games: joins a second, and moves of many games at once, at one node and across two.

Beside the daemon alone stand one node on a Redis and two nodes on a Redis of theirs; with two, the
players of each game sit at different nodes, so that every move crosses the bus. A bare relay on
trio-websocket moves the same frames between sockets that it only knows by their rooms.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.load.jobs import GamesJob, GamesSample, Sample
from bench.nodes import ALONE, House, houses
from bench.players import token_of
from bench.processes import python, running
from bench.report import Table, middle, number, times
from bench.rounds import alternate, load
from bench.sizes import Sizes

BARE = "trio-websocket, bare relay"


def run(sizes: Sizes) -> Table:
    """Measure them in turn."""
    tokens = tuple(map(token_of, range(2 * sizes.games)))

    def play(house: House) -> GamesSample:
        job = GamesJob(
            ports=tuple(node.port for node in house.nodes),
            watched=house.watched,
            tokens=tokens,
            connections=sizes.connections,
            seconds=sizes.seconds,
            rate=sizes.rate,
            bare=house.name == BARE,
        )
        return load(job, GamesSample)

    with houses() as built, running([python(BARE, "bench.servers.relay")]) as peers:
        measured = [*built, House(name=BARE, nodes=(peers[0],))]
        samples = alternate(measured, sizes.rounds, play)
    joined = {name: [one.joined for one in some if one.joined] for name, some in samples.items()}
    closed = {name: [one.closed for one in some] for name, some in samples.items()}
    steady = {name: [one.open for one in some] for name, some in samples.items()}
    return Table(
        title=f"games: {2 * sizes.games:,} players join on {sizes.connections} connections and move in "
        f"{sizes.games:,} games, medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=(
            *("operation: server", "per second", "to embedded", "CPU µs"),
            *("Redis µs", "p50 ms", "p99 ms", "generator"),
        ),
        rows=(
            *_rows("join", joined),
            *_rows("move, closed loop", closed),
            *_rows(f"move, {sizes.rate:,}/s", steady),
        ),
        notes=(
            "Every second join makes a game. Closed loop: one move of 80 bytes in flight per game.",
            "With 2 nodes every move crosses the bus; both nodes have one core, Redis the other.",
            "Open loop: p50 and p99 since the schedule. Near 100 % the generator was the limit.",
        ),
    )


def _rows(operation: str, samples: dict[str, list[Sample]]) -> Iterator[tuple[str, ...]]:
    base = middle(one.rate for one in samples[ALONE])
    for name, measured in samples.items():
        if measured:
            rate = middle(one.rate for one in measured)
            yield (
                f"{operation}: {name}",
                number(rate),
                times(rate, base),
                number(middle(one.microseconds for one in measured)),
                number(middle(one.redis_microseconds for one in measured)),
                number(middle(one.p50 for one in measured)),
                number(middle(one.p99 for one in measured)),
                f"{middle(one.own_share for one in measured):.0f} %",
            )
