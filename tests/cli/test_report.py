"""`matchd report`: what was complained of, for whoever runs the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchd.config import load
from matchd.daemon import on_people
from matchd.store.ports import PeopleStore
from tests.cli.commands import Run
from tests.store.test_reports import report


@pytest.fixture
def filed(site: Path, run: Run) -> None:
    """A database with two reports in it; the configuration names it."""
    file = site / "matchd.toml"
    file.write_text(file.read_text().replace('"/var/lib/matchd"', f'"{site.parent / "data"}"'))
    assert run("migrate").status == 0

    async def add(store: PeopleStore, now: float) -> None:
        for at, name in enumerate(("one", "two")):
            await store.reports.file(report(name, at=at))

    on_people(load(file), add)


@pytest.mark.usefixtures("filed")
def test_a_report_is_seen_to(run: Run) -> None:
    """It is listed, shown with what was said, triaged, and closed once."""
    listed = run("report", "list").out.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [["one", "open"], ["two", "open"]]
    shown = run("report", "show", "one").out
    assert "bob: buy" in shown
    assert run("report", "triage", "one").out == "one: triaged\n"
    assert run("report", "close", "one", "--outcome", "warned").out == "one: closed\n"
    again = run("report", "close", "one", "--outcome", "again")
    assert (again.status, "closed already" in again.err) == (2, True)
    assert run("report", "list", "--state", "open").out.startswith("two\t")
    assert "outcome   warned" in run("report", "show", "one").out


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize("name", ["three", "../x"])
def test_no_such_report(run: Run, name: str) -> None:
    """It is said in one line."""
    result = run("report", "show", name)
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
