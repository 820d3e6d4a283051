"""Accounts in the database (wire.md 4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial

import trio

from matchd.domain.accounts import Account, Ban, fold
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Cause, Login
from matchd.store.embedded.durable import erase
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.friends import lines_of
from matchd.store.embedded.durable.logins import end_logins, keep_login, logins_of
from matchd.store.embedded.durable.revocations import revoke
from matchd.store.embedded.durable.rows import chunks, from_account, marks, to_account
from matchd.store.ports import Created, Export, NameTaken

_AFTER_ALL = "\x7f"
"""Above every character of a folded handle."""


class EmbeddedAccounts:
    """The port of accounts over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, account: Account, login: Login | None = None) -> Created | NameTaken:
        """Add an account with its first login, or return the one that is there."""
        return await self._database.write(partial(_create, account, login))

    async def get(self, account_id: AccountId) -> Account | None:
        """One account."""
        return self._database.read(partial(find, account_id))

    async def by_handle(self, handle: Handle) -> Account | None:
        """The account that is called so."""
        return self._database.read(partial(_called, handle))

    async def many(self, account_ids: Iterable[AccountId]) -> dict[AccountId, Account]:
        """Those that there are; others are served between two groups of them."""
        found: dict[AccountId, Account] = {}
        for chunk in chunks(account_ids):
            if found:
                await trio.lowlevel.checkpoint()
            found |= {account.id: account for account in self._database.read(partial(_all, chunk))}
        return found

    async def page(self, prefix: str, after: Handle | None, limit: int) -> tuple[Account, ...]:
        """Accounts in order of their folded handles."""
        return self._database.read(partial(_page, fold(prefix), after, limit))

    async def count(self) -> int:
        """How many there are."""
        return self._database.read(_count)

    async def touch(self, account_id: AccountId, now: float, *, v2: bool = False) -> Account | None:
        """Somebody was here."""
        return await self._database.write(partial(_touch, account_id, now, v2))

    async def show(self, account_id: AccountId, *, visible: bool) -> Account | None:
        """Say whether friends see the presence of an account."""
        return await self._database.write(partial(_show, account_id, visible))

    async def rehash(self, account_id: AccountId, old: str, new: str) -> bool:
        """Replace the hash of the same password."""
        return await self._database.write(partial(_set_hash, account_id, old, new))

    async def set_password(
        self, account_id: AccountId, old: str | None, new: str, *, keep: LoginId | None, now: float
    ) -> bool:
        """Replace the password's hash and end logins."""

        def step(connection: sqlite3.Connection) -> bool:
            done = _set_hash(account_id, old, new, connection)
            if done:
                end_logins(connection, account_id, Cause.PASSWORD, now, keep)
            return done

        return await self._database.write(step)

    async def ban(self, account_id: AccountId, ban: Ban, now: float) -> Account | None:
        """Shut an account out."""
        return await self._database.write(partial(_ban, account_id, ban, now))

    async def unban(self, account_id: AccountId) -> Account | None:
        """Let an account in again."""
        return await self._database.write(partial(_set_ban, account_id, None))

    async def delete(self, account_id: AccountId, now: float) -> Account | None:
        """Erase an account with what hangs on it."""
        return await self._database.write(partial(_delete, account_id, now))

    async def export(self, account_id: AccountId) -> Export | None:
        """All that is kept of an account."""
        return self._database.read(partial(_export, account_id))


def find(account_id: AccountId, connection: sqlite3.Connection) -> Account | None:
    """One account, in a step or outside."""
    row = connection.execute("SELECT * FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return None if row is None else to_account(row)


def _called(handle: Handle, connection: sqlite3.Connection) -> Account | None:
    query = "SELECT * FROM accounts WHERE folded = ?"
    row = connection.execute(query, (fold(handle),)).fetchone()
    return None if row is None else to_account(row)


def _create(
    account: Account, login: Login | None, connection: sqlite3.Connection
) -> Created | NameTaken:
    columns = from_account(account)
    step = f"INSERT INTO accounts VALUES ({marks(columns)}) ON CONFLICT DO NOTHING"  # noqa: S608
    if not connection.execute(step, columns).rowcount:
        known = find(account.id, connection)
        return NameTaken() if known is None else Created(known, fresh=False)
    _add_to_count(connection, 1)
    if login is not None:
        keep_login(connection, login)
    return Created(account, fresh=True)


def _all(account_ids: tuple[AccountId, ...], connection: sqlite3.Connection) -> list[Account]:
    query = f"SELECT * FROM accounts WHERE id IN ({marks(account_ids)})"  # noqa: S608
    return [to_account(row) for row in connection.execute(query, account_ids)]


def _page(
    prefix: str, after: Handle | None, limit: int, connection: sqlite3.Connection
) -> tuple[Account, ...]:
    query = """SELECT * FROM accounts WHERE folded >= ? AND folded < ? AND folded > ?
        ORDER BY folded LIMIT ?"""
    bounds = (prefix, prefix + _AFTER_ALL, "" if after is None else fold(after), limit)
    return tuple(to_account(row) for row in connection.execute(query, bounds))


def _count(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM totals WHERE name = 'accounts'").fetchone()
    return 0 if row is None else int(row[0])


def _add_to_count(connection: sqlite3.Connection, by: int) -> None:
    connection.execute(
        """INSERT INTO totals VALUES ('accounts', ?)
        ON CONFLICT (name) DO UPDATE SET value = value + excluded.value""",
        (by,),
    )


def _touch(
    account_id: AccountId, now: float, v2: bool, connection: sqlite3.Connection
) -> Account | None:
    connection.execute(
        "UPDATE accounts SET seen_at = max(seen_at, ?), v2_only = v2_only OR ? WHERE id = ?",
        (now, v2, account_id),
    )
    return find(account_id, connection)


def _show(account_id: AccountId, visible: bool, connection: sqlite3.Connection) -> Account | None:
    connection.execute("UPDATE accounts SET visible = ? WHERE id = ?", (visible, account_id))
    return find(account_id, connection)


def _set_hash(
    account_id: AccountId, old: str | None, new: str, connection: sqlite3.Connection
) -> bool:
    done = connection.execute(
        """UPDATE accounts SET password_hash = ?
        WHERE id = ? AND kind = 'password' AND password_hash = coalesce(?, password_hash)""",
        (new, account_id, old),
    )
    return done.rowcount == 1


def _set_ban(
    account_id: AccountId, ban: Ban | None, connection: sqlite3.Connection
) -> Account | None:
    columns = (None, None, None) if ban is None else (ban.reason, ban.since, ban.until)
    connection.execute(
        "UPDATE accounts SET ban_reason = ?, ban_since = ?, ban_until = ? WHERE id = ?",
        (*columns, account_id),
    )
    return find(account_id, connection)


def _ban(
    account_id: AccountId, ban: Ban, now: float, connection: sqlite3.Connection
) -> Account | None:
    account = _set_ban(account_id, ban, connection)
    if account is not None:
        connection.execute("DELETE FROM logins WHERE account = ?", (account_id,))
        revoke(connection, now, account_id, None, Cause.BANNED)
    return account


def _delete(account_id: AccountId, now: float, connection: sqlite3.Connection) -> Account | None:
    account = find(account_id, connection)
    if account is not None:
        for eraser in erase.ERASERS:
            eraser(connection, account_id)
        connection.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
        _add_to_count(connection, -1)
        revoke(connection, now, account_id, None, Cause.DELETED)
    return account


def _export(account_id: AccountId, connection: sqlite3.Connection) -> Export | None:
    account = find(account_id, connection)
    if account is None:
        return None
    return Export(account, logins_of(connection, account_id), lines_of(connection, account_id))
