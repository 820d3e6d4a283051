"""The tables of the journal and the audit log: one migration (schema.py), never changed."""

from __future__ import annotations

JOURNAL_TABLES: tuple[str, ...] = (
    """CREATE TABLE books (
        book TEXT PRIMARY KEY, last INTEGER NOT NULL, batch TEXT
    ) WITHOUT ROWID""",
    """CREATE TABLE lines (
        book TEXT, seq INTEGER, line TEXT NOT NULL, PRIMARY KEY (book, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE traces (
        name TEXT, book TEXT, seq INTEGER, PRIMARY KEY (name, book, seq)
    ) WITHOUT ROWID""",
    "INSERT INTO books (book, last) VALUES ('journal', 0), ('audit', 0)",
)
