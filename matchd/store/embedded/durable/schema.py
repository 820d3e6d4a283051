"""What the database file is: its tables, their migrations, and how a connection is opened and checked.

Rules: `MIGRATIONS` only grows, and its length is the schema's version (`user_version`); each one is a
transaction. A file of a newer schema, of somebody else or with damaged pages is refused, never changed.
Several processes may open the file (the daemon, its command line); the file is readable by its owner
alone, and SQLite gives the files beside it the same mode.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from matchd.errors import ConfigError
from matchd.store.embedded.durable.chat_tables import CHAT_TABLES
from matchd.store.embedded.durable.checkpoints import MOST
from matchd.store.embedded.durable.faults import DamagedError, from_error, of_damage
from matchd.store.embedded.durable.journal_tables import JOURNAL_TABLES

APPLICATION_ID = 0x6D617463
"""`matc`: what `file` and we know the file by."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE accounts (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, handle TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
            created_at REAL NOT NULL, seen_at REAL NOT NULL, password_hash TEXT, public_key BLOB,
            issuer TEXT, subject TEXT, v2_only INTEGER NOT NULL, visible INTEGER NOT NULL,
            ban_reason TEXT, ban_since REAL, ban_until REAL
        ) WITHOUT ROWID""",
        "CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        """CREATE TABLE logins (
            id TEXT PRIMARY KEY, account TEXT NOT NULL, device TEXT NOT NULL, current BLOB NOT NULL,
            previous BLOB, created_at REAL NOT NULL, rotated_at REAL NOT NULL, expires_at REAL NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX logins_of ON logins (account, created_at, id)",
        "CREATE INDEX logins_due ON logins (expires_at)",
        """CREATE TABLE revocations (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, account TEXT NOT NULL, login TEXT,
            cause TEXT NOT NULL
        )""",
        """CREATE TABLE edges (
            me TEXT, other TEXT, edge TEXT NOT NULL, standing TEXT NOT NULL, since REAL NOT NULL,
            PRIMARY KEY (me, other)
        ) WITHOUT ROWID""",
        "CREATE INDEX edges_shown ON edges (me, standing, other, since) WHERE standing <> 'none'",
        """CREATE TABLE tallies (
            account TEXT PRIMARY KEY, held INTEGER NOT NULL, waiting INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE spent (
            kind TEXT, digest BLOB, until REAL NOT NULL, PRIMARY KEY (kind, digest)
        ) WITHOUT ROWID""",
        "CREATE INDEX spent_due ON spent (until)",
    ),
    (
        """CREATE TABLE played (
            account TEXT, key TEXT, record TEXT NOT NULL, PRIMARY KEY (account, key)
        ) WITHOUT ROWID""",
        """CREATE TABLE ratings (
            account TEXT, mode TEXT, mu REAL NOT NULL, sigma REAL NOT NULL,
            PRIMARY KEY (account, mode)
        ) WITHOUT ROWID""",
    ),
    CHAT_TABLES,
    JOURNAL_TABLES,
)


def open_memory() -> sqlite3.Connection:
    """An empty database in memory, for one thread at a time."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection)
    return connection


def open_writing(path: Path, busy: float) -> sqlite3.Connection:
    """Open the file to write, made and brought to our schema where needed, for one thread at a time.

    `busy`: seconds to wait for another process. ConfigError, a whole sentence, when it can't be used.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    return _opened(path, "rw", busy, writing=True)


def open_reading(path: Path, busy: float = 1.0) -> sqlite3.Connection:
    """Open the file to read only. ConfigError when it can't be used or has another schema."""
    return _opened(path, "ro", busy, writing=False)


def open_for_checkpoints(path: Path) -> sqlite3.Connection:
    """Open the file for what changes none of its data, for one thread at a time."""
    return _opened(path, "rw", 0.0, writing=False)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a database's schema."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, *, thorough: bool = False) -> str | None:
    """What is wrong with the pages, None when they are sound; `thorough` compares the indices too."""
    pragma = "PRAGMA integrity_check(1)" if thorough else "PRAGMA quick_check(1)"
    found = str(connection.execute(pragma).fetchone()[0])
    return None if found == "ok" else found


def _opened(path: Path, mode: str, busy: float, *, writing: bool) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=busy, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise ConfigError(f"{path}: {from_error(error)}") from None
    try:
        if writing:
            _prepare(connection, path)
        else:
            _refuse_foreign(connection, path)
            _refuse_older(connection, path)
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        connection.close()
        kind = DamagedError if of_damage(error) else ConfigError
        raise kind(f"{path}: {from_error(error)}") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _refuse_foreign(connection, path)
    damage = check(connection)
    if damage is not None:
        raise DamagedError(f"{path}: The database is damaged ({damage})")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = FAST")  # what is erased is not left in free pages
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute(f"PRAGMA wal_autocheckpoint = {MOST}")
    connection.execute("PRAGMA trusted_schema = OFF")
    _migrate(connection)


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    # One statement, so one moment: another process may be making the file.
    query = "SELECT application_id, (SELECT count(*) FROM sqlite_master) FROM pragma_application_id"
    owner, tables = connection.execute(query).fetchone()
    if owner != APPLICATION_ID and (owner or tables):
        raise ConfigError(f"{path}: this database is not matchd's")
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"{path}: the database has schema {version} and this matchd knows schema "
            f"{len(MIGRATIONS)}; run the newer matchd, or restore a backup made before the upgrade"
        )


def _refuse_older(connection: sqlite3.Connection, path: Path) -> None:
    if version_of(connection) < len(MIGRATIONS):
        raise ConfigError(f"{path}: the database has an older schema; run matchd migrate")


def _migrate(connection: sqlite3.Connection) -> None:
    """Each missing migration, in its order, in a transaction of its own."""
    while version_of(connection) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = version_of(connection)  # another process may have been here first
            if version < len(MIGRATIONS):
                for statement in MIGRATIONS[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
