"""coturn's store of secrets: a table in SQLite, or a set in Redis. It is asked at every allocation, so
what changes there is in force with the next one, without a restart.

What goes wrong is a ConfigError for a place that can't be right, an OSError for one that fails.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import redis

from matchd.errors import ConfigError

PATIENCE = 5.0


class Database(Protocol):
    """The secrets of one realm."""

    def secrets(self) -> set[str]:
        """All of them."""

    def add(self, secret: str) -> None:
        """Let one be taken; no matter if it is already."""

    def remove(self, secret: str) -> None:
        """Let one be refused; no matter if it is already."""


def open_database(url: str, realm: str, password: str | None) -> Database:
    """The database of a URL: `sqlite:/var/lib/turn/turndb`, `redis://host:6379/2` or
    `unix:///run/redis.sock?db=2`. It is not asked yet.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and Path(rest).is_absolute():
        if not Path(rest).is_file():
            raise ConfigError(f"--db {url}: there is no such file (coturn makes it at its start)")
        return SqliteDatabase(Path(rest), realm)
    if scheme in ("redis", "rediss", "unix"):
        if ":" in (urlsplit(url).netloc.rpartition("@")[0]) or "password=" in url:
            raise ConfigError("--db: holds a password; write it into a file, and use --db-password")
        return RedisDatabase(url, realm, password)
    raise ConfigError(
        f"--db {url}: sqlite:/var/lib/turn/turndb, redis://127.0.0.1:6379/2 or unix:///socket?db=2"
    )


class SqliteDatabase:
    """The table `turn_secret` of coturn's SQLite file.

    coturn does not wait for a file that is locked: it answers 401 to whoever asks meanwhile (measured:
    with 80 allocations a second each plain commit cost one). So a commit holds its lock for a few
    writes to memory only, without a wait for the disk and without the removal of a file; the disk is
    waited for afterwards.
    """

    def __init__(self, path: Path, realm: str) -> None:
        self._path = path
        self._realm = realm

    def secrets(self) -> set[str]:
        """All of them."""
        with self._connected() as link:
            rows = link.execute("SELECT value FROM turn_secret WHERE realm = ?", (self._realm,))
            return {str(value) for (value,) in rows}

    def add(self, secret: str) -> None:
        """Let one be taken."""
        with self._changed() as link:
            link.execute("INSERT OR IGNORE INTO turn_secret VALUES (?, ?)", (self._realm, secret))

    def remove(self, secret: str) -> None:
        """Let one be refused."""
        row = (self._realm, secret)
        with self._changed() as link:
            link.execute("DELETE FROM turn_secret WHERE realm = ? AND value = ?", row)

    @contextmanager
    def _changed(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as link:
            link.execute("PRAGMA synchronous = OFF")
            link.execute("PRAGMA journal_mode = PERSIST")
            with link:
                yield link
            link.execute("PRAGMA journal_mode = DELETE")
        with self._path.open("rb") as file:
            os.fsync(file.fileno())

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        # mode=rw: a file that has gone is an error, not a new and empty one.
        name = f"{self._path.as_uri()}?mode=rw"
        try:
            with closing(sqlite3.connect(name, uri=True, timeout=PATIENCE)) as link:
                yield link
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from None


class RedisDatabase:
    """The set of a realm's secrets in coturn's Redis."""

    def __init__(self, url: str, realm: str, password: str | None) -> None:
        self._url = url
        self._key = f"turn/realm/{realm}/secret"
        self._password = password

    def secrets(self) -> set[str]:
        """All of them."""
        with self._open() as link:
            return {str(value) for value in link.smembers(self._key)}

    def add(self, secret: str) -> None:
        """Let one be taken."""
        with self._open() as link:
            link.sadd(self._key, secret)

    def remove(self, secret: str) -> None:
        """Let one be refused."""
        with self._open() as link:
            link.srem(self._key, secret)

    @contextmanager
    def _open(self) -> Iterator[redis.Redis]:
        named = {} if self._password is None else {"password": self._password}
        try:
            link = redis.Redis.from_url(
                self._url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                decode_responses=True,
                **named,
            )
        except ValueError as error:
            raise ConfigError(f"--db {self._url}: {error}") from None
        try:
            yield link
        except redis.RedisError as error:
            raise OSError(f"{self._url}: {error}") from None
        finally:
            link.close()
