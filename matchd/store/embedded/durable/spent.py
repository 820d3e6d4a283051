"""What was used once, in the database."""

from __future__ import annotations

import sqlite3

from matchd.store.embedded.durable.database import Database

SWEEP_LIMIT = 1000
"""Rows that one sweep removes at most."""


class EmbeddedSpent:
    """The port of what may be used once over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, kind: str, digest: bytes, until: float, now: float) -> bool:  # noqa: ARG002
        """Whether this is the first use."""

        def step(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (kind, digest, until)
            )
            return done.rowcount == 1

        return await self._database.write(step)

    async def is_spent(self, kind: str, digest: bytes) -> bool:
        """Whether it was used."""

        def look(connection: sqlite3.Connection) -> bool:
            query = "SELECT 1 FROM spent WHERE kind = ? AND digest = ?"
            return connection.execute(query, (kind, digest)).fetchone() is not None

        return self._database.read(look)

    async def sweep(self, now: float) -> int:
        """Forget what is due."""

        def step(connection: sqlite3.Connection) -> int:
            done = connection.execute(
                """DELETE FROM spent WHERE (kind, digest) IN
                (SELECT kind, digest FROM spent WHERE until <= ? ORDER BY until LIMIT ?)""",
                (now, SWEEP_LIMIT),
            )
            return done.rowcount

        return await self._database.write(step)
