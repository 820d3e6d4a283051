"""`matchd migrate`, `matchd backup`, `matchd restore`: the file that people are kept in."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from matchd.cli.audit import note
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import say


def register(add: AddParser) -> None:
    """Add the three verbs."""
    migrate = add(
        "migrate",
        help="bring the database to this version's schema",
        description="Bring the database to the schema of this version, or make it. The daemon does "
        "so itself when it starts; this is to see it done, with the daemon stopped.",
    )
    migrate.set_defaults(run=run_migrate)
    backup = add(
        "backup",
        help="copy the database into a file, also while the daemon runs",
        description="Copy accounts, logins, friends, chat and reports into FILE, as they are at one "
        "moment. The secrets beside the configuration are not in it: keep a copy of those too.",
    )
    backup.add_argument("file", metavar="FILE", type=Path, help="where to; it is replaced")
    backup.set_defaults(run=run_backup)
    restore = add(
        "restore",
        help="put a backup in the place of the database",
        description="Put a backup in the place of the database, with the daemon stopped. The former "
        "one is kept beside it.",
    )
    restore.add_argument("file", metavar="FILE", type=Path, help="what `matchd backup` wrote")
    restore.set_defaults(run=run_restore)
    for parser in (migrate, backup, restore):
        add_config(parser)


def run_migrate(arguments: argparse.Namespace) -> int:
    """Migrate."""
    from matchd.daemon import database_of, migrate_database  # noqa: PLC0415  # half a second

    loaded = load_config(arguments)
    before, now = migrate_database(loaded)
    if before != now:
        why = f"{database_of(loaded)}: schema {before or 'none'} to {now}"
        note(time.time(), "audit.migrate", "migrate", why=why)
    done = "is there already" if before == now else f"is there now; it was {before or 'none'}"
    say(f"{database_of(loaded)}: schema {now} {done}")
    return 0


def run_backup(arguments: argparse.Namespace) -> int:
    """Back up."""
    from matchd.daemon import back_up_database  # noqa: PLC0415  # half a second

    size = back_up_database(load_config(arguments), arguments.file)
    why = f"a copy of the database is in {arguments.file.resolve()}"
    note(time.time(), "audit.backup", "backup", why=why)
    say(f"{arguments.file}: {size} bytes")
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Restore."""
    from matchd.daemon import database_of, restore_database  # noqa: PLC0415  # half a second

    loaded = load_config(arguments)
    aside = restore_database(loaded, arguments.file)
    why = f"{database_of(loaded)} is now {arguments.file.resolve()}"
    note(time.time(), "audit.restore", "restore", why=why)
    say(f"{database_of(loaded)}: restored")
    if aside is not None:
        say(f"the former one: {aside}")
    return 0
