"""`matchd report`: what was complained of, for whoever runs the server."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from matchd.config import load
from matchd.daemon import on_people
from matchd.domain.ids import AccountId
from matchd.domain.reports import Quote
from matchd.store.ports import PeopleStore
from tests.cli.commands import Run
from tests.store.people import EPOCH
from tests.store.test_reports import report


@pytest.fixture
def filed(site: Path, run: Run) -> None:
    """A database with two reports in it; the configuration names it."""
    file = site / "matchd.toml"
    file.write_text(file.read_text().replace('"/var/lib/matchd"', f'"{site.parent / "data"}"'))
    assert run("migrate").status == 0

    async def add(store: PeopleStore, now: float) -> None:
        said = Quote(
            seq=4, sender="bob", author=AccountId("u_bob"), content="buy\n\x1b[2Jnow", at=EPOCH
        )
        for at, name in enumerate(("one", "two")):
            filed = msgspec.structs.replace(report(name, at=at), quotes=(said,))
            await store.reports.file(filed)

    on_people(load(file), add)


@pytest.mark.usefixtures("filed")
def test_a_report_is_seen_to(run: Run) -> None:
    """It is listed, shown with what was said, triaged, and closed once."""
    listed = run("report", "list")
    lines = [line.split("\t") for line in listed.out.splitlines()]
    assert [line[:2] for line in lines] == [["one", "open"], ["two", "open"]]
    assert lines[0][3:] == ["ann", "bob in tea", "spam"]
    assert listed.err == "waiting: 2; read one with `matchd report show ID`\n"
    assert run("report", "triage", "one").out == "one: triaged\n"
    closed = run("report", "close", "one", "--outcome", "warned")
    assert closed.out == "one: closed, and its author is told\n"
    again = run("report", "close", "one", "--outcome", "again")
    assert (again.status, "closed already (warned)" in again.err) == (2, True)
    assert run("report", "list").out.startswith("two\t")
    assert run("report", "list", "--state", "all").out.count("\n") == 2
    assert run("report", "list", "--state", "triaged").err == "no report is triaged\n"
    assert "outcome   warned" in run("report", "show", "one").out


@pytest.mark.usefixtures("filed")
def test_a_report_is_shown(run: Run) -> None:
    """It says who complains of what since when, what was said, and what to do next."""
    lines = run("report", "show", "one").out.splitlines()
    assert lines[0] == "report    one"
    assert re.fullmatch(r"state     open for \d+ d", lines[1])
    assert re.fullmatch(r"made      2024-05-13 17:06 UTC, \d+ d ago", lines[2])
    assert lines[3:] == [
        "by        ann (u_ann)",
        "about     bob in tea",
        "issue     spam",
        "",
        "#4  2024-05-13 17:06 UTC  bob (u_bob)",
        "          buy",
        "          \\x1b[2Jnow",
        "",
        "next      matchd report close one --outcome 'what the reporter is told'",
        "          matchd user show u_bob",
    ]


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize("name", ["three", "../x"])
def test_no_such_report(run: Run, name: str) -> None:
    """It is said in one line."""
    result = run("report", "show", name)
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
