"""The port of reports (domain/reports.py). Times are wall-clock seconds, stamped by the caller."""

from __future__ import annotations

from typing import Protocol

from matchd.domain.ids import AccountId, ReportId
from matchd.domain.reports import Report, State


class ReportsPort(Protocol):
    """Reports: what is complained of."""

    async def file(self, report: Report) -> None:
        """Keep a new report."""

    async def get(self, report_id: ReportId) -> Report | None:
        """One report."""

    async def page(
        self, state: State | None, after: Report | None, limit: int
    ) -> tuple[Report, ...]:
        """Up to `limit` reports of one state or of all, oldest first, behind `after`."""

    async def of_account(self, reporter: AccountId) -> tuple[Report, ...]:
        """What somebody has reported, for his export."""

    async def move(
        self, report_id: ReportId, state: State, outcome: str | None, now: float
    ) -> Report | None:
        """See to a report; None when there is none, or it is closed already."""

    async def tell(self, limit: int) -> tuple[Report, ...]:
        """Reports that were closed and whose reporter has not been told; from now on he has."""

    async def sweep(self, now: float, retention: float) -> int:
        """Remove reports that were closed so long ago. How many, in bounded steps."""
