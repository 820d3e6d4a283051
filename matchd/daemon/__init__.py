"""The daemon: the one place where everything is put together. Imported by `cli` only.

`wiring` makes the objects, `lifecycle` runs them in one nursery and stops them, `tasks` are the
background tasks, `keeping` is what outlives a restart.
"""

from matchd.daemon.lifecycle import main

__all__ = ["main"]
