"""What outlives a restart: the data directory, its lock, the database and the snapshot in it.

The snapshot of a stop on a full disk goes to the runtime directory, if systemd has given us one: it
outlives a restart there, though not a reboot. A damaged file of either kind stops the start, with the
ways to go on. Only whoever accepts the loss begins without it; the file is set aside then, said loudly,
and never deleted.
"""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from matchd.config import Loaded
from matchd.daemon.store import open_store
from matchd.errors import ConfigError
from matchd.log import get_logger
from matchd.store.embedded import (
    DATABASE,
    DamagedError,
    EmbeddedStore,
    SnapshotError,
    load_snapshot,
    save_snapshot,
    set_aside,
)

if TYPE_CHECKING:
    from matchd.store.redis import RedisStore

_log = get_logger()

SNAPSHOT = "state.json"

_WITHOUT = "start once with --accept-loss as the service's user, and the file is set aside"


@contextmanager
def data_directory(name: str) -> Iterator[Path | None]:
    """Hold the data directory for this process alone; None when nothing is kept.

    ConfigError when it can't be used, or another daemon has it.
    """
    if not name:
        yield None
        return
    path = Path(name)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f'server.data_dir = "{name}": {error.strerror}') from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError(f'server.data_dir = "{name}": another matchd runs on it') from None
    try:
        yield path
    finally:
        os.close(descriptor)


def open_kept(
    loaded: Loaded, rng: random.Random, directory: Path | None, *, accept_loss: bool
) -> EmbeddedStore | RedisStore:
    """The store, with all people in it. ConfigError for a damaged database, unless nobody minds."""
    try:
        return open_store(loaded, rng)
    except DamagedError as error:
        if directory is None or not accept_loss:
            raise ConfigError(
                f"{error}; put a backup in its place (matchd restore FILE); or, without all accounts, "
                f"friends, chat and reports, {_WITHOUT}"
            ) from None
        aside = _put_aside(directory / DATABASE)
        gone = "accounts, logins, friends, chat and reports"
        _log.error("database.set_aside", reason=str(error), kept_as=str(aside), gone=gone)
        return open_store(loaded, rng)


def restore(store: EmbeddedStore, directory: Path | None, now: float, *, accept_loss: bool) -> None:
    """Take the snapshot in. ConfigError when it can't be read, unless nobody minds.

    What was taken in is removed: after a crash days later it would be old news.
    """
    places = [] if directory is None else _places(directory)
    path = next((file for file in places if file.exists()), None)
    if path is None:
        return
    try:
        live = load_snapshot(store.pool, path, now)
    except SnapshotError as error:
        if not accept_loss:
            raise ConfigError(
                f"{error}; it holds the hosts, matches, lobbies, games and lines of before the "
                f"restart; to begin without them, {_WITHOUT}"
            ) from None
        aside = _put_aside(path)
        gone = "hosts until they beat, matches, lobbies, games, lines"
        _log.error("snapshot.set_aside", reason=str(error), kept_as=str(aside), gone=gone)
        return
    path.unlink()
    _log.info("snapshot.restored", hosts=len(store.pool.hosts), live_bookings=live)


def _put_aside(file: Path) -> Path:
    try:
        return set_aside(file)
    except OSError as error:
        raise ConfigError(f"{file}: it can't be set aside: {error.strerror}") from None


def keep(store: EmbeddedStore, directory: Path | None, now: float) -> None:
    """Write the snapshot; failing to is an error in the log, not a reason not to stop."""
    for path in [] if directory is None else _places(directory):
        try:
            live = save_snapshot(store.pool, path, now)
        except OSError as error:
            _log.error("snapshot.failed", reason=str(error), file=str(path))
        else:
            _log.info("snapshot.written", hosts=len(store.pool.hosts), live_bookings=live)
            return


def _places(directory: Path) -> list[Path]:
    """Where a snapshot may be, the better place first."""
    runtime = os.environ.get("RUNTIME_DIRECTORY")
    return [Path(place) / SNAPSHOT for place in (directory, runtime) if place]
