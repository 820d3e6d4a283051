"""Tables as plain text or Markdown, goals, medians and ratios, and the description of the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import msgspec

LIBRARIES = ("trio", "hypercorn", "quart", "quart-trio", "trio-websocket", "msgspec")


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to reach: our figure beside a peer's, or beside a bound when there is no peer.

    `better` is how many times better ours is, or the figure itself when the bound is absolute.
    """

    work: str
    ours: str
    theirs: str
    better: str
    wanted: str
    reached: bool


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: a title, named columns, rows of cells, what a reader must know, and what was to be
    reached by it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()

    @property
    def markdown(self) -> str:
        """The same for a README."""
        rules = (":--", *("--:" for _ in self.columns[1:]))
        lines = (f"| {' | '.join(cells)} |" for cells in (self.columns, rules, *self.rows))
        return "\n".join([f"**{self.title}**", "", *lines, "", *self.notes])

    def __str__(self) -> str:
        lines = (self.columns, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        body = [_line(cells, widths) for cells in lines]
        body.insert(1, "-" * len(body[0]))
        return "\n".join([self.title, "", *body, *(f"  {note}" for note in self.notes)])


def goals_table(goals: Sequence[Goal]) -> Table:
    """All goals of a run in one table."""
    return Table(
        title="to reach",
        columns=("work", "matchd", "peer", "ratio", "goal", "reached"),
        rows=tuple(
            (
                goal.work,
                goal.ours,
                goal.theirs,
                goal.better,
                goal.wanted,
                "yes" if goal.reached else "no",
            )
            for goal in goals
        ),
        notes=(
            "Ratios: how many times less CPU of a server's core an operation costs, unless named.",
        ),
    )


def fewer(work: str, ours: float, peer: str, theirs: float, wanted: float) -> Goal:
    """CPU µs per operation: the peer's is to be so many times ours."""
    return Goal(
        work=work,
        ours=f"{number(ours)} µs",
        theirs=f"{peer}: {number(theirs)} µs",
        better=times(theirs, ours),
        wanted=f"{wanted:.3g}x",
        reached=theirs >= wanted * ours,
    )


def most(work: str, value: float, bound: float, unit: str) -> Goal:
    """A figure that is to be so much at most."""
    return Goal(
        work=work,
        ours=f"{number(value)} {unit}",
        theirs="-",
        better="-",
        wanted=f"<= {bound:g} {unit}",
        reached=value <= bound,
    )


def least(work: str, value: float, bound: float, unit: str) -> Goal:
    """A figure that is to be so much at least."""
    return Goal(
        work=work,
        ours=f"{number(value)} {unit}",
        theirs="-",
        better="-",
        wanted=f">= {bound:,.0f} {unit}",
        reached=value >= bound,
    )


def apart(work: str, first: float, last: float, wanted: float, unit: str) -> Goal:
    """Two figures of ours that are to be within so many times of one another."""
    return Goal(
        work=work,
        ours=f"{number(last)} {unit}",
        theirs=f"{number(first)} {unit}",
        better=times(last, first),
        wanted=f"<= {wanted:g}x",
        reached=last <= wanted * first,
    )


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
