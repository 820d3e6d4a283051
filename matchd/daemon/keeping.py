"""What outlives a restart: the data directory, its lock, and the snapshot in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matchd.errors import ConfigError
from matchd.log import get_logger
from matchd.store.embedded import EmbeddedStore, SnapshotError, load_snapshot, save_snapshot

_log = get_logger()

SNAPSHOT = "state.json"


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


def restore(store: EmbeddedStore, directory: Path | None, now: float) -> None:
    """Take the snapshot in; one that can't be read is set aside, said loudly, and never deleted.

    What was taken in is removed: after a crash days later it would be old news.
    """
    if directory is None or not (directory / SNAPSHOT).exists():
        return
    path = directory / SNAPSHOT
    try:
        live = load_snapshot(store.pool, path, now)
    except SnapshotError as error:
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        _log.error("snapshot.unreadable", reason=str(error), kept_as=str(aside))
        return
    path.unlink()
    _log.info("snapshot.restored", hosts=len(store.pool.hosts), live_bookings=live)


def keep(store: EmbeddedStore, directory: Path | None, now: float) -> None:
    """Write the snapshot; failing to is an error in the log, not a reason not to stop."""
    if directory is None:
        return
    try:
        live = save_snapshot(store.pool, directory / SNAPSHOT, now)
    except OSError as error:
        _log.error("snapshot.failed", reason=str(error))
        return
    _log.info("snapshot.written", hosts=len(store.pool.hosts), live_bookings=live)
