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
    command may have been run all the same. `forbidden`: the ACL did not let us run it.
    """

    def __init__(
        self, sentence: str, *, away: bool = False, done: bool = False, forbidden: bool = False
    ) -> None:
        super().__init__(sentence)
        self.away = away
        self.done = done
        self.forbidden = forbidden

    def refusal(self) -> StoreUnavailable:
        """The fault as callers of the store are told it."""
        what = "whether it was done is not known" if self.done else "nothing was changed"
        return StoreUnavailable(f"{self}; {what}.", retry_after=RETRY_AFTER, unsure=self.done)


FULL = Fault("Too many calls wait for the store")
LATE = Fault("The store did not answer in time", done=True)
UNSENT = Fault("The store did not answer in time")
CLOSED = Fault("The connection to the store is closed", away=True, done=True)
NOT_YET = Fault("The store is not connected yet", away=True)

MOVING = Fault("The Redis cluster moves matchd's keys to another shard", away=True)
NOT_COPIED = Fault("Redis has not copied the write to a replica in time", done=True)

_AWAY = {
    "READONLY": "is a read-only replica",
    "You can't write against a read only replica": "is a read-only replica",
    "BUSY ": "is busy with a script",
    "LOADING": "is loading its data",
    "Link with MASTER is down": "is a replica without its primary",
    "MASTERDOWN": "is a replica without its primary",
    "CLUSTERDOWN": "is in a cluster that is down",
    "The cluster is down": "is in a cluster that is down",
    "Hash slot not served": "is in a cluster that is down",
    "cluster support disabled": "is not in cluster mode: store.url must begin with redis://",
    "NOAUTH": "asks for a password and none is configured",
    "Authentication required": "asks for a password and none is configured",
    "WRONGPASS": "refused the user name or password",
    "invalid username-password pair": "refused the user name or password",
    "invalid password": "refused the password",
    "without any password configured": "has no password and one is configured",
    "max number of clients reached": "has reached its maxclients",
}
"""Parts of Redis' error replies after which the connection is of no use."""

_OURS = "MATCHD "
"""Our own scripts' refusals begin so (lua/prelude/01_base.lua); like after `_AWAY`, it is of no use."""

_REFUSED = {
    "OOM": "is out of memory (maxmemory)",
    "command not allowed when used memory": "is out of memory (maxmemory)",
    "MISCONF": "can't save its data to disk and refuses writes",
    "NOREPLICAS": "has too few replicas and refuses writes (min-replicas-to-write)",
}
"""Parts of Redis' error replies that are about one command."""

_FORBIDDEN = ("NOPERM", "permissions", "The user executing the script")


def from_reply(text: str, part: str = "Redis") -> Fault:
    """The fault an error reply of `part` stands for; `part` is its name at the head of a sentence.

    Redis refuses a script's writes at the first one or not at all; what goes wrong on a key of foreign
    data or by a permission may come in the middle.
    """
    if _OURS in text:
        return Fault(_without_place(text.partition(_OURS)[2]), away=True)
    for sign, words in _AWAY.items():
        if sign in text:
            return Fault(f"{part} {words}", away=True)
    for sign, words in _REFUSED.items():
        if sign in text:
            return Fault(f"{part} {words}")
    if "WRONGTYPE" in text:
        return Fault("A key of matchd's in Redis holds foreign data", done=True)
    if any(sign in text for sign in _FORBIDDEN):
        what = _without_place(text)
        sentence = f"{part} forbids what matchd needs (ACL): {what}"
        return Fault(sentence, done=True, forbidden=True)
    return Fault(f"{part} refused a command: {_without_place(text)}", done=True)


def _without_place(text: str) -> str:
    """An error reply without the line of the script it came from."""
    return text.partition(" script:")[0].rstrip(".")
