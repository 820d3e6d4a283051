"""Plain-text tables, medians and ratios, and the description of the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import msgspec

LIBRARIES = ("trio", "hypercorn", "quart", "quart-trio", "trio-websocket", "msgspec")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: a title, named columns, rows of cells, and what a reader must know."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (self.columns, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        body = [_line(cells, widths) for cells in lines]
        body.insert(1, "-" * len(body[0]))
        return "\n".join([self.title, "", *body, *(f"  {note}" for note in self.notes)])


def number(value: float) -> str:
    """A figure with three significant digits, or whole from 1,000 on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def times(value: float, base: float) -> str:
    """How many times `base` a value is."""
    return f"{number(value / base)}x" if base else "-"


def middle(values: Iterable[float]) -> float:
    """The median."""
    return float(median(values))


def machine() -> str:
    """One paragraph about what the figures were measured on."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {cores} core(s), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, loopback; load at start {load:.1f}\n"
        f"Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells
    figures = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
    return "  ".join([first.ljust(widths[0]), *figures])
