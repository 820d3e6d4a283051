"""What can be wrong with Redis, as sentences for the log, `/readyz` and callers. Backend-internal.

A sentence never holds a password, a URL's user part, or a key's content. Whether a command was run is
part of the fault, because callers are told that nothing was changed only where that is known.
"""

from __future__ import annotations

from matchd.errors import StoreUnavailable

RETRY_AFTER = 2
"""Seconds a caller is told to wait: about what a restart or a failover of Redis takes."""


class Fault(Exception):
    """Redis could not do what was asked; `str()` is the sentence.

    `away`: the connection is of no use, so everything has to wait for a new one. `done`: whether the
    command may have been run all the same.
    """

    def __init__(self, sentence: str, *, away: bool = False, done: bool = False) -> None:
        super().__init__(sentence)
        self.away = away
        self.done = done

    def refusal(self) -> StoreUnavailable:
        """The fault as callers of the store are told it."""
        what = "whether it was done is not known" if self.done else "nothing was changed"
        return StoreUnavailable(f"{self}; {what}.", retry_after=RETRY_AFTER)


FULL = Fault("Too many calls wait for the store")
LATE = Fault("The store did not answer in time", done=True)
UNSENT = Fault("The store did not answer in time")
CLOSED = Fault("The connection to the store is closed", away=True, done=True)
NOT_YET = Fault("The store is not connected yet", away=True)

_AWAY = {
    "READONLY": "Redis is a read-only replica",
    "You can't write against a read only replica": "Redis is a read-only replica",
    "BUSY ": "Redis is busy with a script",
    "LOADING": "Redis is loading its data",
    "Link with MASTER is down": "Redis is a replica without its primary",
    "MASTERDOWN": "Redis is a replica without its primary",
    "CLUSTERDOWN": "The Redis cluster is down",
    "The cluster is down": "The Redis cluster is down",
    "Hash slot not served": "The Redis cluster is down",
    "NOAUTH": "Redis asks for a password and none is configured",
    "Authentication required": "Redis asks for a password and none is configured",
    "WRONGPASS": "Redis refused the user name or password",
    "invalid username-password pair": "Redis refused the user name or password",
    "invalid password": "Redis refused the password",
    "max number of clients reached": "Redis has reached its maxclients",
    "MATCHD ": "",
}
"""Parts of Redis' error replies after which the connection is of no use; our own scripts' refusals
(`MATCHD <sentence>`, lua/01_base.lua) are among them.
"""

_REFUSED = {
    "OOM": "Redis is out of memory (maxmemory)",
    "command not allowed when used memory": "Redis is out of memory (maxmemory)",
    "MISCONF": "Redis can't save its data to disk and refuses writes",
    "NOREPLICAS": "Redis has too few replicas and refuses writes (min-replicas-to-write)",
}
"""Parts of Redis' error replies that are about one command."""

_FORBIDDEN = ("NOPERM", "permissions", "The user executing the script")


def from_reply(text: str) -> Fault:
    """The fault an error reply stands for.

    Redis refuses a script's writes at the first one or not at all; what goes wrong on a key of foreign
    data or by a permission may come in the middle.
    """
    for part, sentence in _AWAY.items():
        if part in text:
            return Fault(sentence or _without_place(text.partition(part)[2]), away=True)
    for part, sentence in _REFUSED.items():
        if part in text:
            return Fault(sentence)
    if "WRONGTYPE" in text:
        return Fault("A key of matchd's in Redis holds foreign data", done=True)
    if any(part in text for part in _FORBIDDEN):
        what = _without_place(text)
        return Fault(f"Redis' ACL does not allow what matchd needs: {what}", done=True)
    return Fault(f"Redis refused a command: {_without_place(text)}", done=True)


def _without_place(text: str) -> str:
    """An error reply without the line of the script it came from."""
    return text.partition(" script:")[0].rstrip(".")
