"""The log of revocations in the database: in the order of commits, pruned from its beginning."""

from __future__ import annotations

import sqlite3

from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause
from matchd.store.embedded.durable.rows import to_revocation
from matchd.store.ports import Revoked


def revoke(
    connection: sqlite3.Connection,
    now: float,
    account_id: AccountId,
    login_id: LoginId | None,
    cause: Cause,
) -> None:
    """Add an entry, as part of the step that ends the login."""
    connection.execute(
        "INSERT INTO revocations (at, account, login, cause) VALUES (?, ?, ?, ?)",
        (now, account_id, login_id, cause.value),
    )


def read_on(cursor: int, limit: int, connection: sqlite3.Connection) -> Revoked:
    """Entries after a cursor."""
    last, pruned = _ends(connection)
    gap = cursor > last or 0 < cursor < pruned
    start = 0 if gap else cursor
    query = "SELECT * FROM revocations WHERE seq > ? ORDER BY seq LIMIT ?"
    rows = connection.execute(query, (start, limit + 1)).fetchall()
    entries = tuple(to_revocation(row) for row in rows[:limit])
    more = len(rows) > limit
    return Revoked(entries, entries[-1].seq if more else last, more, gap)


def prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Remove what is older, from the beginning up to the first that is not."""
    query = "SELECT seq, at FROM revocations ORDER BY seq LIMIT ?"
    end = count = 0
    for seq, at in connection.execute(query, (limit,)).fetchall():
        if at >= before:
            break
        end, count = seq, count + 1
    connection.execute("DELETE FROM revocations WHERE seq <= ?", (end,))
    return count


def _ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of the last entry ever, and of the last one that was pruned."""
    row = connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'revocations'"
    ).fetchone()
    last = 0 if row is None else int(row[0])
    first = connection.execute("SELECT min(seq) FROM revocations").fetchone()[0]
    return last, last if first is None else int(first) - 1
