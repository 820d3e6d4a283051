"""Reports in the database: a record each, beside the columns they are found by (domain/reports.py)."""

from __future__ import annotations

import sqlite3
from functools import partial

import msgspec

from matchd.domain.ids import AccountId, ReportId
from matchd.domain.reports import Report, State, moved
from matchd.store.embedded.durable.database import Database

SWEEP_LIMIT = 1000
"""Reports that one sweep removes at most."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Report).decode


class EmbeddedReports:
    """The port of reports over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def file(self, report: Report) -> None:
        """Keep a new report."""
        await self._database.write(partial(_put, report))

    async def get(self, report_id: ReportId) -> Report | None:
        """One report."""
        return self._database.read(partial(_find, report_id))

    async def page(
        self, state: State | None, after: Report | None, limit: int
    ) -> tuple[Report, ...]:
        """Reports, oldest first."""
        behind = (0.0, "") if after is None else (after.created_at, after.id)
        where = "WHERE (created_at, id) > (?, ?)" + ("" if state is None else " AND state = ?")
        query = f"SELECT record FROM reports {where} ORDER BY created_at, id LIMIT ?"  # noqa: S608
        only = () if state is None else (state.value,)
        return self._all(query, (*behind, *only, limit))

    async def of_account(self, reporter: AccountId) -> tuple[Report, ...]:
        """What somebody has reported."""
        query = "SELECT record FROM reports WHERE reporter = ? ORDER BY created_at, id"
        return self._all(query, (reporter,))

    async def move(
        self, report_id: ReportId, state: State, outcome: str | None, now: float
    ) -> Report | None:
        """See to a report."""

        def step(connection: sqlite3.Connection) -> Report | None:
            report = _find(report_id, connection)
            after = None if report is None else moved(report, state, outcome, now)
            if after is not None:
                _put(after, connection)
            return after

        return await self._database.write(step)

    async def tell(self, limit: int) -> tuple[Report, ...]:
        """Reports whose reporter has yet to be told."""
        query = "SELECT record FROM reports WHERE state = 'closed' AND told = 0 ORDER BY id LIMIT ?"
        if not self._all(query, (1,)):
            return ()

        def step(connection: sqlite3.Connection) -> tuple[Report, ...]:
            found = [_decode(row[0]) for row in connection.execute(query, (limit,))]
            for report in found:
                _put(msgspec.structs.replace(report, told=True), connection)
            return tuple(found)

        return await self._database.write(step)

    async def sweep(self, now: float, retention: float) -> int:
        """Remove what was closed long ago."""

        def step(connection: sqlite3.Connection) -> int:
            query = """DELETE FROM reports WHERE id IN (SELECT id FROM reports
                WHERE state = 'closed' AND changed_at < ? LIMIT ?)"""
            return connection.execute(query, (now - retention, SWEEP_LIMIT)).rowcount

        return await self._database.write(step)

    def _all(self, query: str, names: tuple[object, ...]) -> tuple[Report, ...]:
        rows = self._database.read(lambda connection: connection.execute(query, names).fetchall())
        return tuple(_decode(row[0]) for row in rows)


def erase_reports(connection: sqlite3.Connection, gone: AccountId) -> None:
    """Take the reporter's name off his reports; what he reported of others stays to be seen to."""
    query = "SELECT record FROM reports WHERE reporter = ?"
    for row in connection.execute(query, (gone,)).fetchall():
        nameless = msgspec.structs.replace(_decode(row[0]), reporter=None, name="")
        _put(nameless, connection)


def _find(report_id: ReportId, connection: sqlite3.Connection) -> Report | None:
    row = connection.execute("SELECT record FROM reports WHERE id = ?", (report_id,)).fetchone()
    return None if row is None else _decode(row[0])


def _put(report: Report, connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            report.id,
            report.reporter,
            report.state.value,
            report.created_at,
            report.changed_at,
            report.told or report.reporter is None,
            _encode(report),
        ),
    )
