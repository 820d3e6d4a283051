"""The journal and the audit log in the database: lines by their numbers, and an index of ids.

The index is a table of its own, so that a trace is one range of it, however many lines there are.
"""

from __future__ import annotations

import sqlite3
from functools import partial

from matchd.domain.journal import (
    SCAN,
    Book,
    Bounds,
    Kept,
    Leaf,
    Line,
    in_order,
    names_of,
    pack,
    unpack,
)
from matchd.store.embedded.durable.database import Database

PRUNED = 2000
"""Lines that one step drops at most: more than it writes, so the bounds are reached."""


class EmbeddedJournal:
    """The port of the journal over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self,
        book: Book,
        lines: tuple[Line, ...],
        bounds: Bounds,
        now: float,
        *,
        batch: str | None = None,
    ) -> None:
        """Write lines."""

        def step(connection: sqlite3.Connection) -> None:
            last, former = _head(connection, book)
            if batch is None or batch != former:
                _write(connection, book, last, lines)
                connection.execute(
                    "UPDATE books SET last = ?, batch = coalesce(?, batch) WHERE book = ?",
                    (last + len(lines), batch, book.value),
                )
            _prune(book, bounds, now, connection)

        await self._database.write(step)

    async def trace(self, name: str, limit: int) -> tuple[Line, ...]:
        """Lines that name something so."""
        return in_order(
            line
            for book in Book
            for line in self._database.read(partial(_traced, book, name, limit))
        )[-limit:]

    async def page(self, book: Book, after: int | None, limit: int, event: str | None) -> Leaf:
        """Lines behind a number, or the latest."""
        return self._database.read(partial(_page, book, after, limit, event))

    async def prune(self, book: Book, bounds: Bounds, now: float) -> int:
        """Drop what is beyond the bounds."""
        if not self._database.read(partial(_overdue, book, bounds, now, 1)):
            return 0
        return await self._database.write(partial(_prune, book, bounds, now))


def _head(connection: sqlite3.Connection, book: Book) -> tuple[int, str | None]:
    query = "SELECT last, batch FROM books WHERE book = ?"
    last, batch = connection.execute(query, (book.value,)).fetchone()
    return int(last), batch


def _write(connection: sqlite3.Connection, book: Book, last: int, lines: tuple[Line, ...]) -> None:
    numbered = list(enumerate(lines, last + 1))
    connection.executemany(
        "INSERT INTO lines VALUES (?, ?, ?)",
        [(book.value, seq, pack(line)) for seq, line in numbered],
    )
    connection.executemany(
        "INSERT INTO traces VALUES (?, ?, ?)",
        [
            (name, book.value, seq)
            for (seq, _), names in zip(numbered, names_of(lines), strict=True)
            for name in names
        ],
    )


def _overdue(
    book: Book, bounds: Bounds, now: float, limit: int, connection: sqlite3.Connection
) -> list[Kept]:
    """The oldest lines, up to the first that is within the bounds."""
    last, _ = _head(connection, book)
    query = "SELECT seq, line FROM lines WHERE book = ? ORDER BY seq LIMIT ?"
    found: list[Kept] = []
    for seq, raw in connection.execute(query, (book.value, limit)):
        line = unpack(raw)
        if seq > last - bounds.count and line.at >= now - bounds.age:
            break
        found.append(Kept(seq, line))
    return found


def _prune(book: Book, bounds: Bounds, now: float, connection: sqlite3.Connection) -> int:
    found = _overdue(book, bounds, now, PRUNED, connection)
    if found:
        connection.execute(
            "DELETE FROM lines WHERE book = ? AND seq <= ?", (book.value, found[-1].seq)
        )
        connection.executemany(
            "DELETE FROM traces WHERE name = ? AND book = ? AND seq = ?",
            [
                (name, book.value, kept.seq)
                for kept in found
                for name in dict.fromkeys(kept.line.ids.values())
            ],
        )
    return len(found)


def _traced(book: Book, name: str, limit: int, connection: sqlite3.Connection) -> list[Line]:
    query = """SELECT line FROM traces JOIN lines USING (book, seq)
        WHERE name = ? AND book = ? ORDER BY seq DESC LIMIT ?"""
    rows = connection.execute(query, (name, book.value, limit)).fetchall()
    return [unpack(row[0]) for row in reversed(rows)]


def _page(
    book: Book, after: int | None, limit: int, event: str | None, connection: sqlite3.Connection
) -> Leaf:
    last, _ = _head(connection, book)
    most = limit if event is None else SCAN
    if after is None:
        query = "SELECT seq, line FROM lines WHERE book = ? ORDER BY seq DESC LIMIT ?"
        rows = connection.execute(query, (book.value, most)).fetchall()[::-1]
        return Leaf(_of_event(rows, event)[-limit:], last)
    query = "SELECT seq, line FROM lines WHERE book = ? AND seq > ? ORDER BY seq LIMIT ?"
    rows = connection.execute(query, (book.value, after, most)).fetchall()
    found = _of_event(rows, event)
    if len(found) > limit:
        return Leaf(found[:limit], found[limit - 1].seq)
    return Leaf(found, rows[-1][0] if rows else max(after, last))


def _of_event(rows: list[tuple[int, str]], event: str | None) -> tuple[Kept, ...]:
    kept = (Kept(seq, unpack(raw)) for seq, raw in rows)
    return tuple(one for one in kept if one.line.is_of(event))
