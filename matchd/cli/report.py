"""`matchd report`: what was complained of, and seeing to it, also beside a running daemon.

The daemon tells the reporter of an outcome within a few seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from matchd.cli.audit import record
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import emit, note, say
from matchd.domain import ids
from matchd.domain.reports import MOST_ISSUE, Quote, Report, State
from matchd.errors import ConfigError, InvalidRequest
from matchd.store.ports import PeopleStore

PAGE = 500
ALL = "all"
WAITING = (State.OPEN.value, State.TRIAGED.value)

_T = TypeVar("_T")


def register(add: AddParser) -> None:
    """Add `report` with its verbs."""
    parser = add("report", help="list, show, triage and close reports")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    listed = verbs.add_parser(
        "list", help="reports, oldest first: id, state, when (UTC), by whom, about whom, what"
    )
    states = [*(state.value for state in State), ALL]
    listed.add_argument("--state", choices=states, help="default: those that are not closed")
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
    """One line for each report; beside them, on standard error, how many these are."""
    states = WAITING if arguments.state is None else (arguments.state,)
    found = sorted(_on_store(arguments, partial(_all, states)), key=lambda one: one.created_at)
    for report in found:
        emit("\t".join(_columns(report)) + "\n")
    kind = "waiting" if arguments.state is None else arguments.state
    if not found:
        note(f"no report is {kind}" if kind != "all" else "there is no report")
    else:
        note(f"{kind}: {len(found)}; read one with `matchd report show ID`")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """A report as it is kept, what people wrote made harmless; times are UTC."""
    name = _id(arguments)

    async def look(store: PeopleStore, now: float) -> tuple[Report | None, float]:
        return await store.reports.get(name), now

    kept, now = _on_store(arguments, look)
    report = _found(arguments, kept)
    since = report.created_at if report.changed_at is None else report.changed_at
    say(f"report    {report.id}")
    say(f"state     {report.state.value} for {_span(now - since)}")
    say(f"made      {_moment(report.created_at)} UTC, {_span(now - report.created_at)} ago")
    say(f"by        {_reporter(report)}")
    say(f"about     {_subject(report)}")
    _say_text("issue", report.issue)
    for quote in report.quotes:
        say("")
        say(f"#{quote.seq}  {_moment(quote.at)} UTC  {_who(quote)}")
        _say_text("", quote.content or "(deleted before it was reported)")
    if report.outcome is not None:
        _say_text("outcome", report.outcome)
    else:
        say(f"\nnext      matchd report close {report.id} --outcome 'what the reporter is told'")
        for author in dict.fromkeys(quote.author for quote in report.quotes):
            if author is not None:
                say(f"          matchd user show {author}")
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
        if moved is not None:
            verb = "triage" if outcome is None else "close"
            named = {"report": moved.id, "account": moved.reporter}
            await record(store, now, f"audit.{verb}", f"report {verb}", why=outcome, **named)
        return moved, await store.reports.get(name)

    moved, kept = _on_store(arguments, deed)
    report = _found(arguments, kept)
    if moved is None:
        closed = f" ({_line(report.outcome or '')})"
        raise ConfigError(f"{arguments.report}: this report is closed already{closed}")
    told = ", and its author is told" if outcome is not None and moved.reporter else ""
    say(f"{arguments.report}: {moved.state.value}{told}")
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


async def _all(
    states: Sequence[str],
    store: PeopleStore,
    now: float,  # noqa: ARG001  # work's
) -> list[Report]:
    return [one for state in states for one in await _of_state(store, state)]


async def _of_state(store: PeopleStore, name: str) -> list[Report]:
    state, found = None if name == ALL else State(name), list[Report]()
    while True:
        page = await store.reports.page(state, found[-1] if found else None, PAGE)
        found += page
        if len(page) < PAGE:
            return found


def _columns(report: Report) -> tuple[str, ...]:
    by, about = _line(report.name or "-"), _subject(report)
    made = _moment(report.created_at)
    return (report.id, report.state.value, made, by, about, _line(report.issue)[:100])


def _reporter(report: Report) -> str:
    if report.reporter is not None:
        return f"{_line(report.name)} ({report.reporter})"
    return f"a guest who calls himself {_line(report.name)}" if report.name else "nobody known"


def _subject(report: Report) -> str:
    parts = (report.target, report.room and f"in {report.room}")
    return _line(" ".join(part for part in parts if part) or "-")


def _who(quote: Quote) -> str:
    return f"{_line(quote.sender)} ({quote.author})" if quote.author else _line(quote.sender)


def _say_text(label: str, text: str) -> None:
    """What somebody wrote, line by line behind a label."""
    for line in text.splitlines() or [""]:
        say(f"{label:<10}{_line(line)}")
        label = ""


def _line(text: str) -> str:
    """What somebody wrote, on one line, with whatever could steer a terminal as escapes."""
    words = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in words)


def _span(seconds: float) -> str:
    minutes = max(0, int(seconds // 60))
    for count, unit in ((minutes // 1440, "d"), (minutes // 60, "h")):
        if count:
            return f"{count} {unit}"
    return f"{minutes} min"


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"


def _outcome(text: str) -> str:
    if not 1 <= len(text) <= MOST_ISSUE:
        raise argparse.ArgumentTypeError(f"1 to {MOST_ISSUE} characters")
    return text
