"""`matchd report`: what was complained of, and seeing to it, also beside a running daemon.

The daemon tells the reporter of an outcome within a few seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import emit, say
from matchd.domain import ids
from matchd.domain.reports import MOST_ISSUE, Report, State
from matchd.errors import ConfigError, InvalidRequest
from matchd.store.ports import PeopleStore

PAGE = 500

_T = TypeVar("_T")


def register(add: AddParser) -> None:
    """Add `report` with its verbs."""
    parser = add("report", help="list, show, triage and close reports")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    listed = verbs.add_parser("list", help="reports, oldest first: id, state, when, by whom, what")
    listed.add_argument("--state", choices=[state.value for state in State], help="of one state")
    listed.set_defaults(run=run_list)
    shown = verbs.add_parser("show", help="one report, with what was said")
    shown.set_defaults(run=run_show)
    triaged = verbs.add_parser("triage", help="mark a report as being looked into")
    triaged.set_defaults(run=run_triage)
    closed = verbs.add_parser("close", help="close a report with an outcome")
    closed.add_argument("--outcome", required=True, type=_outcome, help="told to the reporter")
    closed.set_defaults(run=run_close)
    for verb in (shown, triaged, closed):
        verb.add_argument("report", metavar="REPORT", help="its id")
    for verb in (listed, shown, triaged, closed):
        add_config(verb)


def run_list(arguments: argparse.Namespace) -> int:
    """One line for each report."""
    state = None if arguments.state is None else State(arguments.state)
    for report in _on_store(arguments, partial(_all, state)):
        emit("\t".join(_columns(report)) + "\n")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """A report as it is kept."""

    name = _id(arguments)

    async def look(store: PeopleStore, now: float) -> Report | None:  # noqa: ARG001  # work's
        return await store.reports.get(name)

    report = _found(arguments, _on_store(arguments, look))
    say(f"id        {report.id}")
    say(f"state     {report.state.value}")
    say(f"made      {_moment(report.created_at)}")
    say(f"by        {report.name or '-'} {report.reporter or '(guest)'}")
    say(f"about     {report.target or '-'} in {report.room or '-'}")
    say(f"issue     {report.issue}")
    for quote in report.quotes:
        who = f"{quote.sender or 'deleted'} {quote.author or ''}".strip()
        say(f"said      {quote.seq} {_moment(quote.at)} {who}: {quote.content}")
    if report.outcome is not None:
        say(f"outcome   {report.outcome}")
    return 0


def run_triage(arguments: argparse.Namespace) -> int:
    """Mark it."""
    return _move(arguments, State.TRIAGED, None)


def run_close(arguments: argparse.Namespace) -> int:
    """Close it."""
    return _move(arguments, State.CLOSED, arguments.outcome)


def _move(arguments: argparse.Namespace, state: State, outcome: str | None) -> int:
    name = _id(arguments)

    async def deed(store: PeopleStore, now: float) -> tuple[Report | None, Report | None]:
        moved = await store.reports.move(name, state, outcome, now)
        return moved, await store.reports.get(name)

    moved, kept = _on_store(arguments, deed)
    _found(arguments, kept)
    if moved is None:
        raise ConfigError(f"{arguments.report}: this report is closed already")
    say(f"{arguments.report}: {moved.state.value}")
    return 0


def _found(arguments: argparse.Namespace, report: Report | None) -> Report:
    if report is None:
        raise ConfigError(f"{arguments.report}: there is no such report")
    return report


def _id(arguments: argparse.Namespace) -> ids.ReportId:
    try:
        return ids.report_id(arguments.report, "REPORT")
    except InvalidRequest as error:
        raise ConfigError(str(error)) from None


def _on_store(
    arguments: argparse.Namespace, work: Callable[[PeopleStore, float], Awaitable[_T]]
) -> _T:
    from matchd.daemon import on_people  # noqa: PLC0415  # half a second of imports

    return on_people(load_config(arguments), work)


async def _all(state: State | None, store: PeopleStore, now: float) -> list[Report]:  # noqa: ARG001
    found: list[Report] = []
    while True:
        page = await store.reports.page(state, found[-1] if found else None, PAGE)
        found += page
        if len(page) < PAGE:
            return found


def _columns(report: Report) -> tuple[str, ...]:
    issue = " ".join(report.issue.split())[:100]
    by = report.name or "-"
    return (report.id, report.state.value, _moment(report.created_at), by, issue)


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"


def _outcome(text: str) -> str:
    if not 1 <= len(text) <= MOST_ISSUE:
        raise argparse.ArgumentTypeError(f"1 to {MOST_ISSUE} characters")
    return text
