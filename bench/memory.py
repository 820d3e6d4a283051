"""What idle sockets weigh in the process that holds them, and what all of it weighs then."""

from __future__ import annotations

from bench.load.jobs import IdleSample
from bench.peers import Peers, present
from bench.processes import Recipe, running
from bench.report import Table, middle, most, number, times
from bench.sizes import Sizes
from bench.sockets import DAEMON, LIBRARY, PEER_MATCHBOX, PEERJS, WS, relays, rest

FIRST = 20
"""Sockets opened before, so that what is loaded late is there."""


def run(sizes: Sizes, peers: Peers | None = None) -> Table:
    """Measure every relay; each round in a fresh process, since freed memory is used again."""
    chosen, absent = present(relays(peers, DAEMON, LIBRARY, WS, PEER_MATCHBOX, PEERJS))
    results: dict[str, list[IdleSample]] = {recipe.name: [] for recipe in chosen}
    for _ in range(sizes.rounds):
        for recipe in chosen:
            results[recipe.name].append(_measure(recipe, sizes))
    base = middle(sample.each for sample in results[DAEMON])
    whole = middle(sample.proportional for sample in results[DAEMON]) / 1000
    return Table(
        title=f"memory: {sizes.idle:,} idle sockets in rooms of two, medians of "
        f"{sizes.rounds} rounds, each in a fresh process",
        columns=("server", "kB per socket", "to matchd", "PSS before MB", "PSS MB", "RSS MB"),
        rows=tuple(_row(name, some, base) for name, some in results.items()),
        notes=(
            "PSS after opening minus before, per socket; the kernel's buffers come on top.",
            *absent,
        ),
        goals=(
            most("memory per idle socket", base, 3.0, "kB"),
            most(f"the whole process with {sizes.idle:,} sockets", whole, 60.0, "MB"),
        ),
    )


def _measure(recipe: Recipe, sizes: Sizes) -> IdleSample:
    with running([recipe]) as servers:
        rest(servers[0], FIRST, sizes.settle)
        return rest(servers[0], sizes.idle, sizes.settle)


def _row(name: str, samples: list[IdleSample], base: float) -> tuple[str, ...]:
    each = middle(sample.each for sample in samples)
    return (
        name,
        number(each),
        times(each, base),
        number(middle(sample.before for sample in samples) / 1000),
        number(middle(sample.proportional for sample in samples) / 1000),
        number(middle(sample.resident for sample in samples) / 1000),
    )
