"""What the command line does to what is kept of people, beside a running daemon or without one.

It opens the store itself: SQLite lets two processes write in turn, and Redis any number. What it
revokes stands in the log that a running daemon reads each second, so it need not be told.
Root may do it: whatever is new in the data directory then belongs to the directory's owner.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import trio

from matchd.config import Loaded
from matchd.daemon.keeping import data_directory
from matchd.daemon.store import open_store
from matchd.errors import ConfigError, StoreUnavailable
from matchd.log import silenced
from matchd.store.embedded import DATABASE, back_up, migrate, restore_backup
from matchd.store.ports import PeopleStore

PATIENCE = 10.0
"""Seconds until the store counts as one that does not answer."""

_T = TypeVar("_T")


def on_people(loaded: Loaded, work: Callable[[PeopleStore, float], Awaitable[_T]]) -> _T:
    """Do something with the store; `work` gets it and the time. OSError when it can't be reached,
    ConfigError when there is none.
    """
    if loaded.config.store.backend == "embedded" and not database_of(loaded).exists():
        raise ConfigError(f"{database_of(loaded)}: there is no database yet; start the daemon once")
    with silenced():
        try:
            return trio.run(_on_people, loaded, work)
        except StoreUnavailable as error:
            raise OSError(f"the store can't be used: {error.__cause__ or error}") from None
        except trio.TooSlowError:
            raise OSError(f"the store does not answer within {PATIENCE:g} s") from None


async def _on_people(loaded: Loaded, work: Callable[[PeopleStore, float], Awaitable[_T]]) -> _T:
    store = open_store(loaded, random.SystemRandom())
    failure: Exception | None = None
    # Ended as soon as the work is done: it is there for the connection.
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        try:
            with trio.fail_after(PATIENCE):
                done = await work(store, time.time())
        except (StoreUnavailable, trio.TooSlowError) as error:
            failure = error  # raised outside, or it would come in a group
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return done


def migrate_database(loaded: Loaded) -> tuple[int, int]:
    """Bring the database to our schema, or make it; its version before and now."""
    with _held(loaded) as directory:
        return migrate(directory / DATABASE)


def back_up_database(loaded: Loaded, target: Path) -> int:
    """Copy the database as it is at one moment; the copy's size."""
    return back_up(database_of(loaded), target)


def restore_database(loaded: Loaded, backup: Path) -> Path | None:
    """Put a backup in its place; where the former one is kept. Never beside a running daemon."""
    with _held(loaded) as directory:
        return restore_backup(backup, directory / DATABASE)


def database_of(loaded: Loaded) -> Path:
    """The file of the database; ConfigError when this configuration has none."""
    if loaded.config.store.backend != "embedded":
        raise ConfigError('store.backend = "redis": Redis keeps people, and its files are its own')
    if not loaded.config.server.data_dir:
        raise ConfigError('server.data_dir = "": nothing is kept')
    return Path(loaded.config.server.data_dir) / DATABASE


@contextmanager
def _held(loaded: Loaded) -> Iterator[Path]:
    """The data directory, which no daemon runs on meanwhile."""
    database_of(loaded)
    with data_directory(loaded.config.server.data_dir) as directory:
        assert directory is not None
        try:
            yield directory
        finally:
            _hand_over(directory)


def _hand_over(directory: Path) -> None:
    """What root has made belongs to the service too, whose directory it is."""
    owner = directory.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for file in directory.iterdir():
            with suppress(FileNotFoundError):
                os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)
