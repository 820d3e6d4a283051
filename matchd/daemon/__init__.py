"""The daemon: the one place where everything is put together. Imported by `cli` only.

`wiring` makes the objects, `lifecycle` runs them in one nursery and stops them, `tasks` are the
background tasks, `keeping` is what outlives a restart, `probe` looks at the store for `matchd check`.
"""

from matchd.daemon.lifecycle import main
from matchd.daemon.probe import Glance, look_at_redis

__all__ = ["Glance", "look_at_redis", "main"]
