"""The embedded backend: everything in this process, snapshotted at an orderly stop.

Shared state changes only inside sync methods of `pool.Pool`, so each port method is atomic by itself;
there is no lock. `daemon` alone imports this.
"""

from matchd.store.embedded.check import violations
from matchd.store.embedded.snapshot import SnapshotError, load_snapshot, save_snapshot
from matchd.store.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore", "SnapshotError", "load_snapshot", "save_snapshot", "violations"]
