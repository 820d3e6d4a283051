"""The tables of chat and reports: one migration (schema.py), never changed. Backend-internal."""

from __future__ import annotations

CHAT_TABLES: tuple[str, ...] = (
    """CREATE TABLE chats (
        room TEXT PRIMARY KEY, creator TEXT, last INTEGER NOT NULL, first INTEGER NOT NULL,
        places INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE chat_members (
        room TEXT, account TEXT, place INTEGER NOT NULL, since INTEGER NOT NULL,
        cursor INTEGER NOT NULL, muted INTEGER NOT NULL, PRIMARY KEY (room, account)
    ) WITHOUT ROWID""",
    "CREATE INDEX chats_of ON chat_members (account, room)",
    "CREATE INDEX chat_places ON chat_members (room, place)",
    """CREATE TABLE chat_messages (
        room TEXT, seq INTEGER, id TEXT NOT NULL, author TEXT, sender TEXT NOT NULL,
        content TEXT NOT NULL, at REAL NOT NULL, edited_at REAL, deleted INTEGER NOT NULL,
        withheld INTEGER NOT NULL, said_by TEXT, PRIMARY KEY (room, seq)
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX chat_ids ON chat_messages (room, said_by, id) WHERE said_by NOT NULL",
    "CREATE INDEX chat_written ON chat_messages (author, room, seq) WHERE author NOT NULL",
    "CREATE INDEX chat_due ON chat_messages (at)",
    """CREATE TABLE reports (
        id TEXT PRIMARY KEY, reporter TEXT, state TEXT NOT NULL, created_at REAL NOT NULL,
        changed_at REAL, told INTEGER NOT NULL, record BLOB NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX reports_listed ON reports (created_at, id)",
    "CREATE INDEX reports_by ON reports (state, created_at, id)",
    "CREATE INDEX reports_of ON reports (reporter, created_at) WHERE reporter NOT NULL",
    "CREATE INDEX reports_untold ON reports (id) WHERE state = 'closed' AND told = 0",
)
