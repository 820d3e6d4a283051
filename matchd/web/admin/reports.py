"""Routes for administrators: reports, open → triaged → closed with an outcome."""

from __future__ import annotations

from collections.abc import Iterable

from quart import Blueprint, Response, request

from matchd.domain.reports import State
from matchd.errors import InvalidRequest
from matchd.protocol.reports import CloseBody, ReportView, view
from matchd.services.searching import Listed
from matchd.web.admin.guard import about, who
from matchd.web.admin.listing import listed
from matchd.web.context import Services
from matchd.web.requests import body, reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    reports = services.chat.reports

    @routes.get("/api/admin/reports")
    async def all_reports() -> Response:
        state = _state()

        async def read(after: str | None, count: int) -> tuple[ReportView, ...]:
            return tuple(map(view, await reports.page(state, after, count)))

        return await listed(Listed(read, lambda report: report.id, _of_report))

    @routes.get("/api/admin/reports/<name>")
    async def report(name: str) -> Response:
        found = await reports.get(name)
        about(report=found.id)
        return reply(view(found))

    @routes.post("/api/admin/reports/<name>/triage")
    async def triage(name: str) -> Response:
        about(report=(await reports.get(name)).id)
        return reply(view(await reports.move(name, State.TRIAGED, by=who().account)))

    @routes.post("/api/admin/reports/<name>/close")
    async def close(name: str) -> Response:
        about(report=(await reports.get(name)).id)
        outcome = (await body(CloseBody)).outcome
        return reply(view(await reports.move(name, State.CLOSED, outcome, by=who().account)))


def _of_report(report: ReportView) -> Iterable[str | None]:
    said = (
        word for quote in report.messages for word in (quote.sender, quote.account, quote.content)
    )
    about = (report.target, report.room, report.outcome)
    return (report.id, report.issue, report.name, report.reporter, *about, *said)


def _state() -> State | None:
    text = request.args.get("state")
    try:
        return None if text is None else State(text)
    except ValueError:
        raise InvalidRequest("`state` must be open, triaged or closed.") from None
