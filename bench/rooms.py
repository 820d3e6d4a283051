"""Rooms for peer-to-peer games: how many are made a second, what a peer weighs, how many signals."""

from __future__ import annotations

from bench.load.jobs import RoomsJob, RoomsSample
from bench.processes import Recipe, python, running
from bench.report import Table, middle, number, times
from bench.rounds import load
from bench.sizes import Sizes

DAEMON = "matchd"


def run(sizes: Sizes) -> Table:
    """Measure both servers; each round in a fresh process, since freed memory is used again."""
    chosen = [
        python(DAEMON, "bench.servers.daemon"),
        python("trio-websocket, bare rooms", "bench.servers.rooms"),
    ]
    results: dict[str, list[RoomsSample]] = {recipe.name: [] for recipe in chosen}
    for _ in range(sizes.rounds):
        for recipe in chosen:
            results[recipe.name].append(_measure(recipe, sizes))
    return Table(
        title=f"rooms: {sizes.sockets // 2:,} matchbox rooms of next=2, "
        f"medians of {sizes.rounds} rounds",
        columns=(
            *("server", "rooms/s", "to matchd", "sockets held", "kB per socket", "to matchd"),
            *("signals/s", "to matchd", "CPU µs", "p50 ms", "p99 ms"),
        ),
        rows=tuple(_row(name, results[name], results[DAEMON]) for name in results),
        notes=(
            "A room is made when the second peer was announced to the first; joins come in batches.",
            "Signals of 120 bytes, one in flight per pair of up to 200. CPU µs: per signal.",
            "PSS after opening minus before; the kernel's socket buffers come on top.",
        ),
    )


def _measure(recipe: Recipe, sizes: Sizes) -> RoomsSample:
    with running([recipe]) as servers:
        job = RoomsJob(
            port=servers[0].port,
            pid=servers[0].pid,
            pairs=sizes.sockets // 2,
            seconds=sizes.seconds,
            settle=sizes.settle,
        )
        return load(job, RoomsSample)


def _row(name: str, samples: list[RoomsSample], base: list[RoomsSample]) -> tuple[str, ...]:
    made = middle(s.opened.rate for s in samples)
    weight = middle(s.kilobytes for s in samples)
    rate = middle(s.talked.rate for s in samples)
    return (
        name,
        number(made),
        times(made, middle(s.opened.rate for s in base)),
        f"{2 * samples[0].opened.operations:,}",
        number(weight),
        times(weight, middle(s.kilobytes for s in base)),
        number(rate),
        times(rate, middle(s.talked.rate for s in base)),
        number(middle(s.talked.microseconds for s in samples)),
        number(middle(s.talked.p50 for s in samples)),
        number(middle(s.talked.p99 for s in samples)),
    )
