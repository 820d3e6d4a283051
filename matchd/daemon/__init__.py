"""The daemon: the one place where everything is put together. Imported by `cli` only.

`settings`, `store` and `tls` read the configuration, `wiring` makes the objects (`admin`, `chat`,
`events`, `lobbies`, `people` and `play` those of one noun), `lifecycle` runs them in one nursery and
stops them, `tasks` are the background tasks, `turn_watch` follows the probe of TURN servers, `keeping`
is what outlives a restart. For the command line `probe` looks at the store, and `beside` does something
to what is kept of people.
"""

from matchd.daemon.beside import (
    back_up_database,
    database_of,
    migrate_database,
    on_people,
    restore_database,
)
from matchd.daemon.lifecycle import main
from matchd.daemon.probe import Glance, look_at_redis

__all__ = [
    "Glance",
    "back_up_database",
    "database_of",
    "look_at_redis",
    "main",
    "migrate_database",
    "on_people",
    "restore_database",
]
