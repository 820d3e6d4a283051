"""The database as a file, for the command line: migrate, back up, restore, look into it.

A backup is made beside a running daemon, of one moment, and is one whole database file for its owner
alone. Restoring is for whoever holds the lock of the data directory, never beside a running daemon.
All raise ConfigError, a whole sentence, when a file can't be used; nothing was changed then.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

from matchd.errors import ConfigError
from matchd.store.embedded.durable.faults import from_error
from matchd.store.embedded.durable.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    check,
    open_reading,
    open_writing,
    version_of,
)

PATIENCE = 5.0
"""Seconds to wait for another process."""


def migrate(database: Path) -> tuple[int, int]:
    """Bring a database to our schema, or make it; its version before and now."""
    before = 0
    if database.exists() and database.stat().st_size:
        with _connected(database) as connection:
            before = version_of(connection)
    with closing(open_writing(database, PATIENCE)) as connection:
        return before, version_of(connection)


def open_read_only(database: Path) -> sqlite3.Connection:
    """A connection that can't write, of our schema, beside a running daemon or not."""
    if not database.exists():
        raise ConfigError(f"{database}: there is no database")
    return open_reading(database, PATIENCE)


def back_up(database: Path, target: Path) -> int:
    """Copy a database of any schema of ours, as it is at one moment, in place of `target`; its size."""
    if not database.exists():
        raise ConfigError(f"{database}: there is no database")
    if target.exists() and target.samefile(database):
        raise ConfigError(f"{target}: this is the database itself")
    with _connected(database) as source:
        _refuse_stranger(source, database)
        fresh = _copied(source, target)
    size = fresh.stat().st_size
    _put_in_place(fresh, target)
    return size


def restore_backup(backup: Path, database: Path) -> Path | None:
    """Put a backup in the place of the database, once it was found whole; returns where the former one
    is kept, None when there was none. The caller holds the lock of the data directory.
    """
    with _connected(backup) as source:
        _refuse_stranger(source, backup)
        damage = check(source, thorough=True)
        if damage is not None:
            raise ConfigError(f"{backup}: the backup is damaged ({damage})")
        fresh = _copied(source, database)
    aside = _put_aside(database)
    _put_in_place(fresh, database)
    migrate(database)
    return aside


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, to whatever database there is."""
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file")
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise ConfigError(f"{path}: {from_error(error)}") from None


def _copied(source: sqlite3.Connection, target: Path) -> Path:
    """A copy of one moment beside the target, whole, on the disk, and one file without others."""
    fresh = target.with_name(target.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        _sync(fresh)
    except (OSError, sqlite3.Error) as error:
        fresh.unlink(missing_ok=True)
        reason = from_error(error) if isinstance(error, sqlite3.Error) else error.strerror
        raise ConfigError(f"{fresh}: {reason}") from None
    return fresh


def set_aside(file: Path) -> Path:
    """Give a damaged file, and what SQLite keeps beside it, another name; that name. OSError."""
    aside = _free_name(file, "damaged")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            Path(f"{file}{suffix}").replace(f"{aside}{suffix}")
    _sync(file.parent)
    return aside


def _put_in_place(fresh: Path, target: Path) -> None:
    try:
        fresh.replace(target)
        _sync(target.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(f"{target}: {error.strerror}") from None


def _put_aside(database: Path) -> Path | None:
    """A second name for the database, which is never gone under its first one; what SQLite left beside
    it is of no use to its successor and goes with it.
    """
    if not database.exists():
        return None
    with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=PATIENCE)) as former:
        former.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = _free_name(database, "replaced")
    os.link(database, aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{database}{suffix}").replace(f"{aside}{suffix}")
    return aside


def _free_name(file: Path, word: str) -> Path:
    """Where nothing stands yet: whoever restores twice still has what he began with."""
    for number in count(1):
        aside = file.with_name(f"{file.name}.{word}" + (f".{number}" if number > 1 else ""))
        if not aside.exists():
            break
    return aside


def _refuse_stranger(connection: sqlite3.Connection, path: Path) -> None:
    if int(connection.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID:
        raise ConfigError(f"{path}: this is no database of matchd")
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise ConfigError(f"{path}: it has schema {version}, newer than this matchd knows")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
