"""What an idle signaling socket weighs in the process that holds it."""

from __future__ import annotations

from bench import relay
from bench.load.jobs import IdleJob, IdleSample
from bench.npm import Node
from bench.processes import Recipe, running
from bench.report import Table, middle, number, times
from bench.rounds import load
from bench.sizes import Sizes


def run(sizes: Sizes, node: Node | None = None) -> Table:
    """Measure every relay; each round in a fresh process, since freed memory is used again."""
    chosen = relay.recipes(node)
    results: dict[str, list[IdleSample]] = {recipe.name: [] for recipe in chosen}
    for _ in range(sizes.rounds):
        for recipe in chosen:
            results[recipe.name].append(_measure(recipe, sizes))
    return Table(
        title=f"memory: {sizes.sockets:,} idle sockets in rooms of two, "
        f"medians of {sizes.rounds} rounds",
        columns=("server", "kB per socket", "to matchd", "opened/s"),
        rows=tuple(_row(name, results[name], results[relay.DAEMON]) for name in results),
        notes=("PSS after opening minus before; the kernel's socket buffers come on top.",),
    )


def _measure(recipe: Recipe, sizes: Sizes) -> IdleSample:
    with running([recipe]) as servers:
        job = IdleJob(
            port=servers[0].port,
            pid=servers[0].pid,
            sockets=sizes.sockets,
            settle=sizes.settle,
        )
        return load(job, IdleSample)


def _row(name: str, samples: list[IdleSample], base: list[IdleSample]) -> tuple[str, ...]:
    weight = middle(s.kilobytes for s in samples)
    return (
        name,
        number(weight),
        times(weight, middle(s.kilobytes for s in base)),
        number(middle(s.opens for s in samples)),
    )
