"""Reports in Redis (domain/reports.py). Backend-internal."""

from __future__ import annotations

from typing import Any

import msgspec

from matchd.domain.ids import AccountId, ReportId
from matchd.domain.reports import Report, State
from matchd.store.redis.suites import SuiteCaller

SWEEP_LIMIT = 500
"""Reports that one script removes at most."""


class RedisReports:
    """The port of reports over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def file(self, report: Report) -> None:
        """Keep a new report."""
        await self._caller.run("report_file", {"report": _raw(report)})

    async def get(self, report_id: ReportId) -> Report | None:
        """One report."""
        return _perhaps(await self._caller.run("report", {"id": report_id}))

    async def page(
        self, state: State | None, after: Report | None, limit: int
    ) -> tuple[Report, ...]:
        """Reports, oldest first."""
        ask = {
            "state": "*" if state is None else state.value,
            "after": None if after is None else _raw(after),
            "limit": limit,
        }
        return tuple(map(_report, await self._caller.run("reports", ask)))

    async def of_account(self, reporter: AccountId) -> tuple[Report, ...]:
        """What somebody has reported."""
        return tuple(map(_report, await self._caller.run("reports_of", {"reporter": reporter})))

    async def move(
        self, report_id: ReportId, state: State, outcome: str | None, now: float
    ) -> Report | None:
        """See to a report."""
        ask = {"id": report_id, "state": state.value, "outcome": outcome}
        return _perhaps(await self._caller.run("report_move", ask, now))

    async def tell(self, limit: int) -> tuple[Report, ...]:
        """Reports whose reporter has yet to be told."""
        return tuple(map(_report, await self._caller.run("report_tell", {"limit": limit})))

    async def sweep(self, now: float, retention: float) -> int:
        """Remove what was closed long ago."""
        ask = {"retention": retention, "limit": SWEEP_LIMIT}
        return int(await self._caller.run("report_sweep", ask, now))


def _raw(report: Report) -> dict[str, Any]:
    """A report as scripts keep it: what is not there is left out."""
    raw = msgspec.to_builtins(report)
    return {name: value for name, value in raw.items() if value is not None}


def _report(raw: dict[str, Any]) -> Report:
    quotes = [{"author": None, **quote} for quote in raw["quotes"]]
    return msgspec.convert({"reporter": None, **raw, "quotes": quotes}, Report)


def _perhaps(raw: dict[str, Any] | None) -> Report | None:
    return None if raw is None else _report(raw)
