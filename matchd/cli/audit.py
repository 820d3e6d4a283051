"""The audit log of the command line: what was done by it, kept in the store and in the system's log.

The daemon's own lines are in the same book of the store (`/api/admin/audit`, `matchd trace`). The
system's log (`journalctl -t matchd`) has ours too, because no store need be there, and whoever may
write to that may not change this. They name the account by its id, and never a password.
"""

from __future__ import annotations

import os
import pwd
import syslog

import msgspec

from matchd.cli.output import warn
from matchd.domain.journal import MOST_AUDITED, Book, Bounds, Line
from matchd.errors import StoreUnavailable
from matchd.store.ports import PeopleStore

_WIDE = Bounds(MOST_AUDITED, 10 * 365 * 86_400.0)
"""The daemon drops what is too old, by its configuration."""


async def record(
    store: PeopleStore,
    now: float,
    event: str,
    way: str,
    *,
    why: str | None = None,
    **ids: str | None,
) -> None:
    """Keep what was done to whom by which command; a store that fails just now is said."""
    line = _line(now, event, way, why, ids)
    log(line)
    try:
        await store.journal.append(Book.AUDIT, (line,), _WIDE, now)
    except StoreUnavailable as error:
        warn(f"it was done, but is in the system's log only: {error}")


def note(now: float, event: str, way: str, *, why: str) -> None:
    """Say in the system's log what was done to files and servers: no store has to be there."""
    log(_line(now, event, way, why, {}))


def log(line: Line) -> None:
    """Write a line to the system's log; a system without one drops it."""
    told = {"event": line.event, **line.ids, "by": line.by, "way": line.way}
    syslog.openlog("matchd", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    cause = {} if line.why is None else {"why": line.why}
    syslog.syslog(syslog.LOG_NOTICE, msgspec.json.encode({**told, **cause}).decode())


def _line(now: float, event: str, way: str, why: str | None, ids: dict[str, str | None]) -> Line:
    return Line(
        at=now,
        event=event,
        ids={kind: name for kind, name in ids.items() if name is not None},
        why=why,
        by=_who(),
        way=f"matchd {way}",
        outcome="done",
    )


def _who() -> str:
    """Who has called us, through sudo too."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
