"""Medians of what a server did in its rounds, as cells of a row: the same columns for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.load.jobs import Sample
from bench.report import middle, number, times

COLUMNS = (
    *("per second", "to matchd", "CPU µs", "to matchd"),
    *("p50 ms", "p99 ms", "generator"),
)
NOTE = "CPU µs: of the server, per operation. Near 100 % of a core the generator was the limit."


def rate(samples: Sequence[Sample]) -> float:
    """Operations per second."""
    return middle(sample.rate for sample in samples)


def cost(samples: Sequence[Sample]) -> float:
    """CPU µs of the servers per operation."""
    return middle(sample.microseconds for sample in samples)


def p99(samples: Sequence[Sample]) -> float:
    """Milliseconds that 99 of 100 did not exceed."""
    return middle(sample.p99 for sample in samples)


def cells(samples: Sequence[Sample], base: Sequence[Sample]) -> tuple[str, ...]:
    """The cells of COLUMNS; `base` is what ratios are to."""

    def each(part: Callable[[Sample], float]) -> float:
        return middle(part(sample) for sample in samples)

    return (
        number(rate(samples)),
        times(rate(samples), rate(base)),
        number(cost(samples)),
        times(cost(samples), cost(base)),
        number(each(lambda sample: sample.p50)),
        number(p99(samples)),
        f"{each(lambda sample: sample.own_share):.0f} %",
    )
