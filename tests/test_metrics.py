"""What is counted with every frame is shown like any other counter."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, generate_latest

from matchd.metrics import Metrics, Tally


def test_a_tally_is_shown_like_a_counter() -> None:
    """Name, help, type and when it was made; only the moments differ."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally, counter = (
        Tally("matchd_x", "What", ours),
        Counter("matchd_x", "What", registry=theirs),
    )
    for _ in range(3):
        tally.inc()
        counter.inc()
    shown = [generate_latest(registry).decode().splitlines() for registry in (ours, theirs)]
    shown = [[line for line in lines if "created 1" not in line] for lines in shown]
    assert shown[0] == shown[1]
    assert "matchd_x_total 3.0" in shown[0]


def test_relayed_signals_are_counted() -> None:
    """From nothing on, so that a rate is right from the first scrape."""
    metrics = Metrics()
    assert b"matchd_signals_total 0.0" in metrics.render()
    metrics.signals.inc()
    assert b"matchd_signals_total 1.0" in metrics.render()
