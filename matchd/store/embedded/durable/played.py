"""Results and ratings in the database: steps of games, and what an account takes with it."""

from __future__ import annotations

import sqlite3

from matchd.domain.ids import AccountId
from matchd.domain.played import HISTORY, Played, key_of, pack, unpack_played
from matchd.domain.ratings import Rating
from matchd.store.embedded.durable.rows import marks


def keep_played(played: Played, connection: sqlite3.Connection) -> None:
    """Keep the result for each of its players, and their ratings; once is enough."""
    key, record = key_of(played), pack(played)
    for account, _ in played.players:
        connection.execute(
            "INSERT INTO played VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (account, key, record)
        )
        connection.execute(
            """DELETE FROM played WHERE account = ? AND key >
                (SELECT key FROM played WHERE account = ? ORDER BY key LIMIT 1 OFFSET ?)""",
            (account, account, HISTORY - 1),
        )
    for account, rating in played.ratings:
        connection.execute(
            "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?)",
            (account, played.mode, rating.mu, rating.sigma),
        )


def history(
    account: AccountId, after: str | None, limit: int, connection: sqlite3.Connection
) -> tuple[tuple[str, Played], ...]:
    """The latest games of an account behind a key, each with its key."""
    rows = connection.execute(
        "SELECT key, record FROM played WHERE account = ? AND key > ? ORDER BY key LIMIT ?",
        (account, after or "", limit),
    )
    return tuple((str(row[0]), unpack_played(row[1])) for row in rows)


def ratings_of(
    mode: str, accounts: tuple[AccountId, ...], connection: sqlite3.Connection
) -> dict[AccountId, Rating]:
    """The ratings of those who have one."""
    rows = connection.execute(
        f"SELECT account, mu, sigma FROM ratings WHERE mode = ? AND account IN ({marks(accounts)})",  # noqa: S608  # marks are question marks
        (mode, *accounts),
    )
    return {AccountId(row[0]): Rating(row[1], row[2]) for row in rows}


def all_ratings_of(account: AccountId, connection: sqlite3.Connection) -> dict[str, Rating]:
    """The ratings of an account, by modes."""
    rows = connection.execute("SELECT mode, mu, sigma FROM ratings WHERE account = ?", (account,))
    return {str(row[0]): Rating(row[1], row[2]) for row in rows}


def erase_played(connection: sqlite3.Connection, gone: AccountId) -> None:
    """Take out an account's history and ratings; others keep theirs, which name it by its id only."""
    connection.execute("DELETE FROM played WHERE account = ?", (gone,))
    connection.execute("DELETE FROM ratings WHERE account = ?", (gone,))
