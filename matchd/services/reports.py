"""Reports: filing them with what was said, seeing to them, telling the reporter (wire.md 7).

What is reported is read as the reporter sees it, and kept: nobody can report, or read by reporting,
what he was not shown.
"""

from __future__ import annotations

import secrets

import trio

from matchd.domain import ids
from matchd.domain.callers import Caller
from matchd.domain.chat import Message, Verdict
from matchd.domain.ids import ReportId
from matchd.domain.reports import MOST_QUOTES, Quote, Report, State
from matchd.errors import (
    InvalidRequest,
    ReportClosed,
    StoreUnavailable,
    Unauthorized,
    UnknownMessage,
    UnknownReport,
)
from matchd.protocol.reports import ReportBody
from matchd.services.chat import refusal_of
from matchd.services.core import Core
from matchd.services.directory import Directory, Person
from matchd.services.people import People
from matchd.services.publisher import Publisher

PERIOD = 2.0
"""Seconds between two looks for reports that were closed, here or on the command line."""

TOLD = 100
"""Reports that are told at once."""


class ReportService:
    """The reports of everybody."""

    def __init__(
        self, core: Core, people: People, directory: Directory, publisher: Publisher
    ) -> None:
        self._core = core
        self._people = people
        self._directory = directory
        self._publisher = publisher

    async def file(self, caller: Caller, body: ReportBody) -> Report:
        """Keep a complaint; of a guest only where the configuration lets him."""
        if caller.is_guest and not self._core.current.settings.guests_report:
            raise Unauthorized("Log in to report something.")
        me = None if caller.is_guest else await self._directory.person(caller)
        self._people.limiter.check(caller, "reports")
        quotes = await self._quotes(me, body)
        report = Report(
            id=ReportId(f"r_{secrets.token_urlsafe(9)}"),  # never taken for an option of the CLI
            reporter=None if me is None else me.id,
            name=body.name if me is None else me.handle,
            issue=body.issue,
            created_at=self._core.clock.wall(),
            target=body.target,
            room=body.room,
            quotes=quotes,
        )
        await self._core.store.reports.file(report)
        self._core.journal.happened(
            "report.filed",
            report=report.id,
            account=report.reporter,
            chat=report.room,
            target=report.target,
            messages=len(quotes),
        )
        return report

    async def file_text(self, me: Person, issue: str) -> Report:
        """Keep what was complained of over the chat socket."""
        return await self.file(me.caller, ReportBody(issue=issue))

    async def mine(self, caller: Caller, name: str) -> Report:
        """One of the caller's own reports."""
        me = await self._directory.person(caller)
        report = await self._core.store.reports.get(ids.report_id(name, "id"))
        if report is None or report.reporter != me.id:
            raise UnknownReport
        return report

    async def page(self, state: State | None, after: str | None, limit: int) -> tuple[Report, ...]:
        """Reports as administrators see them, oldest first; `after` is the last id they have."""
        behind = None if after is None else await self.get(after)
        return await self._core.store.reports.page(state, behind, limit)

    async def get(self, name: str) -> Report:
        """Any report."""
        report = await self._core.store.reports.get(ids.report_id(name, "id"))
        if report is None:
            raise UnknownReport
        return report

    async def move(
        self, name: str, state: State, outcome: str | None = None, *, by: str | None
    ) -> Report:
        """See to a report; `by` is the administrator."""
        report_id, now = ids.report_id(name, "id"), self._core.clock.wall()
        moved = await self._core.store.reports.move(report_id, state, outcome, now)
        if moved is None:
            await self.get(name)
            raise ReportClosed
        self._core.journal.happened("report.moved", why=state.value, report=report_id, by=by)
        return moved

    async def run(self) -> None:
        """Tell reporters what became of their reports, until cancelled."""
        while True:
            await trio.sleep(PERIOD)
            try:
                while told := await self._core.store.reports.tell(TOLD):
                    for report in told:
                        self._tell(report)
            except StoreUnavailable:
                continue  # the node says so already

    def _tell(self, report: Report) -> None:
        if report.reporter is not None:
            body = {"report": report.id, "outcome": report.outcome}
            self._publisher.publish((report.reporter,), "report.closed", body)
            self._core.journal.happened("report.told", report=report.id, account=report.reporter)

    async def _quotes(self, me: Person | None, body: ReportBody) -> tuple[Quote, ...]:
        """What was said, as the reporter sees it now."""
        if body.room is None:
            if body.seq is not None:
                raise InvalidRequest("`seq` needs a `room`.")
            return ()
        if me is None:
            raise Unauthorized("Log in to report what was said in a room.")
        room = await self._directory.room(me.id, body.room)
        page = self._core.store.chat.page
        if body.seq is None:
            found = await page(room, me.id, MOST_QUOTES)
        else:
            found = await page(room, me.id, 1, after=body.seq - 1)
        if isinstance(found, Verdict):
            raise refusal_of(found)
        if body.seq is not None and [one.seq for one in found.messages] != [body.seq]:
            raise UnknownMessage
        return tuple(_quote(message) for message in found.messages)


def _quote(message: Message) -> Quote:
    return Quote(
        seq=message.seq,
        sender=message.sender,
        author=message.author,
        content=message.content,
        at=message.at,
    )
