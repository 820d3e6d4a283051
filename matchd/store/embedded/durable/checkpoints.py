"""Moving what the log holds into the database's file, while others write (sqlite.org/wal.html).

Theory of operation. Left to itself, SQLite does this within some commit when the log has 1,000 pages,
and all callers of that one wait for two more fsyncs and hundreds of pages. Here a thread and a
connection of its own do it after every `EVERY` commits. What is committed meanwhile stays, so the log
would grow for ever, and a file that grows takes longer to sync; therefore the writer then moves this
small rest between two groups, and the log begins anew. Should that not be enough, SQLite does it as
ever from `MOST` pages on.

A checkpoint that fails loses nothing, and the next one tries again. Backend-internal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

import trio

EVERY = 50
"""Commits between two checkpoints: some 300 pages of lone callers, and 2,000 of many at once."""

MOST = 8000
"""Pages of the log at which the writer does not wait any more: 32 MB."""


class Checkpoints:
    """Counts commits, and has the log moved."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        # Fixed after construction.
        self._connection = connection
        self._thread = trio.CapacityLimiter(1)
        # Changed only in sync functions of the loop's thread.
        self._commits = 0
        self._due = trio.Event()

    def committed(self) -> None:
        """One more commit was done."""
        self._commits += 1
        if self._commits % EVERY == 0:
            self._due.set()

    async def run(self, rest: Callable[[], None]) -> None:
        """Do what is due until cancelled; each time `rest` is told that the writer's turn has come."""
        while True:
            await self._due.wait()
            self._due = trio.Event()
            await trio.to_thread.run_sync(checkpoint, self._connection, limiter=self._thread)
            rest()


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move what can be moved without waiting for anybody."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
