"""The audit log of the command line: one line in the system's log for what was done to an account or
to somebody's report.

The daemon's own lines are in its log under the same names (`audit.*`); these are beside them in the
journal (`journalctl -t matchd`), because no daemon need be running. They name the account by its id,
and never a password.
"""

from __future__ import annotations

import os
import pwd
import syslog

import msgspec


def record(event: str, account: str, **beside: object) -> None:
    """Write one line; a system without a log drops it."""
    line = {"event": event, "account": account, "by": _who(), **beside}
    syslog.openlog("matchd", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, msgspec.json.encode(line).decode())


def _who() -> str:
    """Who has called us, through sudo too."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
