"""matchd's garbage collector policy for its Python peers."""

from __future__ import annotations

import gc

from matchd.daemon.tasks import GC_THRESHOLDS


def settle() -> None:
    """Freeze what start-up made and collect rarely, as `matchd.daemon.tasks` does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
