"""How long the daemon takes from its command to the line that says it is ready."""

from __future__ import annotations

import sys
import time

from bench.processes import READY, Recipe, cores, pin, process_of, written_by
from bench.report import Table, middle, most, number
from bench.sizes import Sizes

WAYS = {
    "ready (matchd serve --dev)": ("-m", "matchd", "serve", "--dev", "--listen", "127.0.0.1:0"),
    "imported (import matchd.daemon)": ("-c", "import matchd.daemon; print('ready 127.0.0.1:1')"),
    "nothing (python -c)": ("-c", "print('ready 127.0.0.1:1')"),
}


def run(sizes: Sizes) -> Table:
    """Start it again and again, on the servers' core, in turn with its imports alone."""
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(sizes.rounds):
        for way, arguments in WAYS.items():
            took[way].append(_start(Recipe(name=way, command=(sys.executable, *arguments))))
    ready, *_others = took.values()
    return Table(
        title=f"start: seconds until there is a line, medians of {sizes.rounds} starts on one core",
        columns=("until", "seconds", "slowest"),
        rows=tuple((way, number(middle(some)), number(max(some))) for way, some in took.items()),
        notes=("Read from the page cache; the line is looked for every 5 ms.",),
        goals=(most("start to ready", middle(ready), 1.0, "s"),),
    )


def _start(recipe: Recipe) -> float:
    began = time.perf_counter()
    with process_of(recipe) as (process, output):
        pin(process.pid, cores()[0])
        written_by(recipe, process, output, READY)
        return time.perf_counter() - began
