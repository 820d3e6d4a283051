"""The embedded backend: everything in this process; people in one SQLite file (`durable`), the rest in
memory, snapshotted at an orderly stop.

Shared state in memory changes only inside sync methods of `pool.Pool`, so each port method is atomic by
itself; there is no lock. `daemon` alone imports this.
"""

from matchd.store.embedded.check import violations
from matchd.store.embedded.durable import (
    DATABASE,
    DamagedError,
    back_up,
    migrate,
    open_read_only,
    restore_backup,
    set_aside,
)
from matchd.store.embedded.snapshot import SnapshotError, load_snapshot, save_snapshot
from matchd.store.embedded.store import EmbeddedStore

__all__ = [
    "DATABASE",
    "DamagedError",
    "EmbeddedStore",
    "SnapshotError",
    "back_up",
    "load_snapshot",
    "migrate",
    "open_read_only",
    "restore_backup",
    "save_snapshot",
    "set_aside",
    "violations",
]
