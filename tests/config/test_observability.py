"""The shipped Grafana dashboard and alert rules: whole, and about series that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from matchd.metrics import Metrics

CONFIG = Path(__file__).parents[2] / "config"
RULES = (CONFIG / "alerts.yml").read_text("utf-8")
_SERIES = re.compile(r"\b(?:matchd|process)_[a-z_]+")
_LABELS = re.compile(r"\b((?:matchd|process)_[a-z_]+)\{([^}]*)\}")
_ALERT = re.compile(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", re.DOTALL)


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    """The dashboard."""
    found: dict[str, Any] = json.loads((CONFIG / "grafana-dashboard.json").read_text("utf-8"))
    return found


def series() -> dict[str, set[str]]:
    """Every series of a daemon as Prometheus knows it, with its labels."""
    metrics = Metrics()
    samples = (sample for metric in metrics.registry.collect() for sample in metric.samples)
    found = {sample.name: {"job", "instance"} for sample in samples}
    for collector, names in metrics.registry._collector_to_names.items():
        labels = set(getattr(collector, "_labelnames", ()))
        for name in names:
            found[name] = labels | {"job", "instance"} | ({"le"} if "_bucket" in name else set())
    return found


def queries(dashboard: dict[str, Any]) -> list[str]:
    """What its panels ask."""
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


def unknown(text: str) -> list[str]:
    """Series and labels that a text names and no daemon has."""
    known = series()
    wrong = [name for name in _SERIES.findall(text) if name not in known]
    for name, matchers in _LABELS.findall(text):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        wrong += [f"{name}{{{label}}}" for label in labels - known.get(name, set())]
    return wrong


def test_the_dashboard_asks_for_what_there_is(dashboard: dict[str, Any]) -> None:
    """Each panel has a question, each question names series and labels of ours."""
    asked = queries(dashboard)
    assert len(asked) > 30
    assert [name for text in asked for name in unknown(text)] == []
    for panel in dashboard["panels"]:
        assert panel["type"] == "row" or panel["targets"]


def test_the_dashboard_shows_everything_we_count(dashboard: dict[str, Any]) -> None:
    """No series of ours is left out."""
    text = " ".join(queries(dashboard))
    ours = {name for name in series() if re.fullmatch(r"matchd_\w+", name)}
    bases = {re.sub(r"_(created|count|sum|bucket|total)$", "", name) for name in ours}
    assert [base for base in sorted(bases) if base not in text] == []


def test_panels_lie_side_by_side(dashboard: dict[str, Any]) -> None:
    """None hides another, and each has an id of its own."""
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_alerts_are_about_what_there_is() -> None:
    """Each names series and labels of ours, says how bad it is, what it means and what to do."""
    alerts = _ALERT.findall(RULES)
    assert len(alerts) == RULES.count("- alert:") == len({name for name, _ in alerts})
    assert unknown(RULES) == []
    for name, text in alerts:
        assert re.search(r"severity: (page|ticket)\b", text), name
        for part in ("expr:", "summary:", "description:"):
            assert text.count(part) == 1, (name, part)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus is not installed")
def test_prometheus_takes_the_rules() -> None:
    """Its own checker does."""
    done = subprocess.run(
        ["promtool", "check", "rules", CONFIG / "alerts.yml"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
