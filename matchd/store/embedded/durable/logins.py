"""Logins in the database, and what ends them (wire.md 4)."""

from __future__ import annotations

import sqlite3
from functools import partial

from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import MOST, Cause, Login, Rotation, rotate, rotated
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.revocations import prune, read_on, revoke
from matchd.store.embedded.durable.rows import from_login, marks, to_account, to_login
from matchd.store.ports import (
    Banned,
    Opened,
    Outdated,
    Reused,
    Revoked,
    Rotated,
    UnknownAccount,
)

SWEEP_LIMIT = 1000
"""Rows of a kind that one sweep removes at most."""


class EmbeddedLogins:
    """The port of logins over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, login: Login, verified: str | None, now: float
    ) -> Opened | UnknownAccount | Banned | Outdated:
        """Add a login."""
        return await self._database.write(partial(_open, login, verified, now))

    async def rotate(
        self,
        login_id: LoginId,
        presented: bytes,
        successor: bytes,
        *,
        expires_at: float,
        now: float,
    ) -> Rotated | Reused | None:
        """Put a token's successor in its place."""

        def step(connection: sqlite3.Connection) -> Rotated | Reused | None:
            login = _find(login_id, connection)
            if login is None or login.expires_at <= now:
                return None
            match rotate(login, presented, successor, now):
                case Rotation.REPEATED:
                    return Rotated(login, repeated=True)
                case Rotation.REUSED:
                    _end(connection, login, Cause.REUSED, now)
                    return Reused(login)
            after = rotated(login, successor, now, expires_at)
            keep_login(connection, after)
            return Rotated(after, repeated=False)

        return await self._database.write(step)

    async def get(self, login_id: LoginId) -> Login | None:
        """One login."""
        return self._database.read(partial(_find, login_id))

    async def of_account(self, account_id: AccountId) -> tuple[Login, ...]:
        """The logins of an account."""
        return self._database.read(lambda connection: logins_of(connection, account_id))

    async def close(self, login_id: LoginId, cause: Cause, now: float) -> Login | None:
        """End one login."""

        def step(connection: sqlite3.Connection) -> Login | None:
            login = _find(login_id, connection)
            if login is not None:
                _end(connection, login, cause, now)
            return login

        return await self._database.write(step)

    async def close_all(
        self, account_id: AccountId, cause: Cause, now: float, *, keep: LoginId | None = None
    ) -> tuple[LoginId, ...]:
        """End all logins of an account but `keep`."""
        return await self._database.write(
            lambda connection: end_logins(connection, account_id, cause, now, keep)
        )

    async def revoked_since(self, cursor: int, limit: int) -> Revoked:
        """Entries of the log after a cursor."""
        return self._database.read(partial(read_on, cursor, limit))

    async def sweep(self, now: float, retention: float) -> int:
        """Remove what is due."""

        def step(connection: sqlite3.Connection) -> int:
            expired = connection.execute(
                """DELETE FROM logins WHERE id IN
                (SELECT id FROM logins WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)""",
                (now, SWEEP_LIMIT),
            )
            return expired.rowcount + prune(connection, now - retention, SWEEP_LIMIT)

        return await self._database.write(step)


def logins_of(connection: sqlite3.Connection, account_id: AccountId) -> tuple[Login, ...]:
    """The logins of an account, oldest first."""
    query = "SELECT * FROM logins WHERE account = ? ORDER BY created_at, id"
    return tuple(to_login(row) for row in connection.execute(query, (account_id,)))


def keep_login(connection: sqlite3.Connection, login: Login) -> None:
    """Write one login, as part of a step."""
    columns = from_login(login)
    connection.execute(f"INSERT OR REPLACE INTO logins VALUES ({marks(columns)})", columns)  # noqa: S608


def end_logins(
    connection: sqlite3.Connection,
    account_id: AccountId,
    cause: Cause,
    now: float,
    keep: LoginId | None,
) -> tuple[LoginId, ...]:
    """End all logins of an account but `keep`, as part of a step."""
    over = tuple(login for login in logins_of(connection, account_id) if login.id != keep)
    for login in over:
        _end(connection, login, cause, now)
    return tuple(login.id for login in over)


def _open(
    login: Login, verified: str | None, now: float, connection: sqlite3.Connection
) -> Opened | UnknownAccount | Banned | Outdated:
    query = "SELECT * FROM accounts WHERE id = ?"
    row = connection.execute(query, (login.account,)).fetchone()
    if row is None:
        return UnknownAccount()
    account = to_account(row)
    if (ban := account.banned(now)) is not None:
        return Banned(ban)
    if account.password_hash != verified:
        return Outdated()
    idle = sorted(logins_of(connection, login.account), key=lambda one: (one.rotated_at, one.id))
    ended = idle[: max(0, len(idle) + 1 - MOST)]
    for one in ended:
        _end(connection, one, Cause.REPLACED, now)
    keep_login(connection, login)
    connection.execute(
        "UPDATE accounts SET seen_at = max(seen_at, ?) WHERE id = ?", (now, login.account)
    )
    return Opened(login, tuple(one.id for one in ended))


def _find(login_id: LoginId, connection: sqlite3.Connection) -> Login | None:
    row = connection.execute("SELECT * FROM logins WHERE id = ?", (login_id,)).fetchone()
    return None if row is None else to_login(row)


def _end(connection: sqlite3.Connection, login: Login, cause: Cause, now: float) -> None:
    connection.execute("DELETE FROM logins WHERE id = ?", (login.id,))
    revoke(connection, now, login.account, login.id, cause)
