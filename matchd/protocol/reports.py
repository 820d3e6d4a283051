"""Bodies of reports (wire.md 7). Pure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain.reports import MOST_ISSUE, Report
from matchd.protocol.bodies import Answer, Body

Issue = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ISSUE)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class ReportBody(Body, frozen=True, kw_only=True):
    """`POST /report`. `name` is how the reporter calls himself; a player's is his own."""

    issue: Issue
    name: Annotated[str, msgspec.Meta(max_length=400)] = ""
    target: Short | None = None
    room: Short | None = None
    seq: Annotated[int, msgspec.Meta(ge=1)] | None = None


class CloseBody(Body, frozen=True, kw_only=True):
    """`POST /api/admin/reports/<id>/close`: the outcome, as the reporter is told it."""

    outcome: Issue


class Filed(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to a report."""

    id: str
    state: Literal["open"] = "open"


class OwnReport(Answer, frozen=True, kw_only=True):
    """A report as its author sees it."""

    id: str
    state: str
    issue: str
    created_at: int
    outcome: str | None = None
    closed_at: int | None = None


class QuoteView(Answer, frozen=True, kw_only=True):
    """A message as it was when it was reported."""

    seq: int
    sender: str
    account: str | None = None
    content: str
    timestamp: int


class ReportView(Answer, frozen=True, kw_only=True):
    """A report as administrators see it."""

    id: str
    state: str
    issue: str
    created_at: int
    reporter: str | None = None
    name: str
    target: str | None = None
    room: str | None = None
    messages: tuple[QuoteView, ...]
    outcome: str | None = None
    changed_at: int | None = None


def own(report: Report) -> OwnReport:
    """For its author."""
    return OwnReport(
        id=report.id,
        state=report.state.value,
        issue=report.issue,
        created_at=int(report.created_at),
        outcome=report.outcome,
        closed_at=_whole(report.changed_at) if report.outcome is not None else None,
    )


def view(report: Report) -> ReportView:
    """For administrators."""
    return ReportView(
        id=report.id,
        state=report.state.value,
        issue=report.issue,
        created_at=int(report.created_at),
        reporter=report.reporter,
        name=report.name,
        target=report.target,
        room=report.room,
        messages=tuple(
            QuoteView(
                seq=quote.seq,
                sender=quote.sender,
                account=quote.author,
                content=quote.content,
                timestamp=int(quote.at),
            )
            for quote in report.quotes
        ),
        outcome=report.outcome,
        changed_at=_whole(report.changed_at),
    )


def _whole(moment: float | None) -> int | None:
    return None if moment is None else int(moment)
