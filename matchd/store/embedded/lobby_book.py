"""The lobbies in memory: records, homes, codes, lists, deadlines, and the log. Backend-internal.

Changed only by `put`, in one sync step. `homes` says in which lobby each player is; a list is kept as
the sorted keys of its lobbies (domain/lobby_lists.py).
"""

from __future__ import annotations

import secrets
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator
from itertools import islice

from matchd.domain.ids import AccountId, LobbyId
from matchd.domain.lobbies import Lobby
from matchd.domain.lobby_lists import (
    KEPT,
    KEPT_BYTES,
    SEPARATOR,
    Change,
    list_of_node,
    names_of,
    pack,
)
from matchd.store.ports import Log, Logged


class LobbyBook:
    """All lobbies. A new book is a new memory: its log has an epoch of its own."""

    def __init__(self) -> None:
        self.records: dict[LobbyId, Lobby] = {}
        self.homes: dict[AccountId, LobbyId] = {}
        self.codes: dict[str, LobbyId] = {}
        self._lists: dict[str, list[str]] = {}
        self._of_nodes: set[str] = set()
        self._due: list[tuple[float, LobbyId]] = []
        self._epoch = secrets.token_hex(8)
        self._head = 0
        self._log: deque[tuple[Logged, float, int]] = deque()
        self._bytes = 0

    def put(self, change: Change, now: float) -> None:
        """Replace a lobby and log it."""
        self._replace(change)
        self._head += 1
        size = len(pack(change))
        self._log.append((Logged(self._head, change), now, size))
        self._bytes += size
        self.trim(now)

    def trim(self, now: float) -> None:
        """Take the oldest entries out of the log: those kept long enough, and what is too much."""
        while self._log and (self._log[0][1] < now - KEPT or self._bytes > KEPT_BYTES):
            self._bytes -= self._log.popleft()[2]

    def restore(self, lobby: Lobby) -> None:
        """Take a lobby in that was there before; nobody has to be told."""
        self._replace(Change(None, lobby))

    def keys(self, listed: str, after: str | None, limit: int) -> list[str]:
        """Up to `limit` keys on a list, after the given one."""
        keys = self._lists.get(listed, [])
        at = 0 if after is None else bisect_right(keys, after)
        return keys[at : at + limit]

    def count(self, listed: str) -> int:
        """How many are on a list."""
        return len(self._lists.get(listed, ()))

    def names(self) -> Iterator[str]:
        """Every name on every list."""
        return (listed + key for listed, keys in self._lists.items() for key in keys)

    def expired(self, now: float, limit: int) -> tuple[LobbyId, ...]:
        """Up to `limit` lobbies whose deadline is over, the oldest first."""
        return tuple(one for due, one in islice(self._due, limit) if due <= now)

    def nodes(self) -> tuple[str, ...]:
        """The lists of nodes that have sockets in lobbies."""
        return tuple(sorted(self._of_nodes))

    def log(self, after: int, limit: int) -> Log:
        """Changes after a number, in order."""
        first = self._log[0][0].seq if self._log else self._head + 1
        skipped = max(0, after + 1 - first)
        entries = tuple(one for one, _, _ in islice(self._log, skipped, skipped + limit))
        return Log(self._epoch, self._head, entries, gap=after + 1 < first)

    def _replace(self, change: Change) -> None:
        before, after = change.before, change.after
        old, new = names_of(before), names_of(after)
        for name in old - new:
            self._unlist(name)
        for name in new - old:
            self._enlist(name)
        if before is not None:
            self._forget(before)
        if after is not None:
            self._keep(after)

    def _forget(self, lobby: Lobby) -> None:
        del self.records[lobby.id]
        del self.codes[lobby.code]
        for member in lobby.members:
            del self.homes[member.account]
        if lobby.deadline is not None:
            del self._due[bisect_left(self._due, (lobby.deadline, lobby.id))]

    def _keep(self, lobby: Lobby) -> None:
        self.records[lobby.id] = lobby
        self.codes[lobby.code] = lobby.id
        for member in lobby.members:
            self.homes[member.account] = lobby.id
        if lobby.deadline is not None:
            insort(self._due, (lobby.deadline, lobby.id))

    def _enlist(self, name: str) -> None:
        listed, key = _parts(name)
        insort(self._lists.setdefault(listed, []), key)
        if listed.startswith(list_of_node()):
            self._of_nodes.add(listed)

    def _unlist(self, name: str) -> None:
        listed, key = _parts(name)
        keys = self._lists[listed]
        del keys[bisect_left(keys, key)]
        if not keys:
            del self._lists[listed]
            self._of_nodes.discard(listed)


def _parts(name: str) -> tuple[str, str]:
    listed, separator, key = name.rpartition(SEPARATOR)
    return listed + separator, key
