"""Reports: what somebody complains of, kept as it was said, until it is closed (wire.md 7). Pure.

    open ──triage──► triaged ──close──► closed
      └───────────────close───────────────┘

What was reported is copied (`Quote`) when the report is made, so that no edit, deletion or pruning
takes it away; it goes with the report, some time after that was closed.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import AccountId, ReportId

MOST_ISSUE = 4000
"""Characters of a complaint, and of an outcome."""

MOST_QUOTES = 20
"""Messages that are kept with a report that names a room only."""


class State(enum.StrEnum):
    """Where a report stands."""

    OPEN = "open"
    TRIAGED = "triaged"
    CLOSED = "closed"


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was when it was reported."""

    seq: int
    sender: str
    author: AccountId | None
    content: str
    at: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report. `reporter` is None for a guest, `name` what he called himself; `told`: the reporter
    has been sent the outcome.
    """

    id: ReportId
    reporter: AccountId | None
    name: str
    issue: str
    created_at: float
    target: str | None = None
    room: str | None = None
    quotes: tuple[Quote, ...] = ()
    state: State = State.OPEN
    outcome: str | None = None
    changed_at: float | None = None
    told: bool = False


def moved(report: Report, state: State, outcome: str | None, now: float) -> Report | None:
    """The report after somebody has seen to it; None when it is closed already, or goes backwards."""
    if report.state is State.CLOSED or state is State.OPEN:
        return None
    return msgspec.structs.replace(report, state=state, outcome=outcome, changed_at=now)
