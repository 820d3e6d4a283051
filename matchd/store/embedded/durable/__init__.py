"""The durable half of the embedded store: accounts, logins, friends and what was spent, in SQLite.

`database` owns the connections and the writer's thread; each noun owns its tables' words; `schema` and
`files` own what the file is and how it is copied. Backend-internal but for what is named here.
"""

from matchd.store.embedded.durable.database import Database, DatabaseLimits
from matchd.store.embedded.durable.faults import DamagedError
from matchd.store.embedded.durable.files import (
    back_up,
    migrate,
    open_read_only,
    restore_backup,
    set_aside,
)

DATABASE = "matchd.db"
"""The file's name in the data directory."""

__all__ = [
    "DATABASE",
    "DamagedError",
    "Database",
    "DatabaseLimits",
    "back_up",
    "migrate",
    "open_read_only",
    "restore_backup",
    "set_aside",
]
