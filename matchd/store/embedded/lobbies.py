"""Lobbies in the embedded store (wire.md 5). Backend-internal."""

from __future__ import annotations

from msgspec.structs import replace

from matchd.domain.ids import AccountId, LobbyId, NodeId
from matchd.domain.lobbies import Lobby, Status
from matchd.domain.lobby_lists import (
    SEPARATOR,
    Change,
    Sought,
    id_in,
    list_of_status,
    lists_of,
)
from matchd.store.embedded.pool import Pool
from matchd.store.ports import CodeTaken, DeadNode, Deed, Due, Elsewhere, LobbyCounts, Log


class EmbeddedLobbies:
    """The port of lobbies over the pool's book."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._book = pool.lobbies

    async def change(
        self, lobby_id: LobbyId, deed: Deed, now: float, *, node: NodeId | None = None
    ) -> Change | Elsewhere | CodeTaken | DeadNode:
        """Do a deed; nothing comes between the look and the step."""
        book, before = self._book, self._book.records.get(lobby_id)
        after = deed(before, now)
        if after is before:
            return Change(before, after)
        if node is not None and not self._lives(node):
            return DeadNode()
        if after is not None:
            for member in after.members:
                home = book.homes.get(member.account, lobby_id)
                if home != lobby_id:
                    return Elsewhere(home)
            if book.codes.get(after.code, lobby_id) != lobby_id:
                return CodeTaken()
            after = replace(after, version=1 if before is None else before.version + 1)
        change = Change(before, after)
        book.put(change, now)
        return change

    async def get(self, lobby_id: LobbyId) -> Lobby | None:
        """One lobby."""
        return self._book.records.get(lobby_id)

    async def of(self, account: AccountId) -> Lobby | None:
        """The lobby that somebody is in."""
        home = self._book.homes.get(account)
        return None if home is None else self._book.records[home]

    async def by_code(self, code: str) -> Lobby | None:
        """The lobby that has this code."""
        found = self._book.codes.get(code)
        return None if found is None else self._book.records[found]

    async def page(self, sought: Sought, after: str | None, limit: int) -> tuple[Lobby, ...]:
        """Lobbies in order of their keys."""
        keys = {key for one in lists_of(sought) for key in self._book.keys(one, after, limit)}
        return tuple(self._book.records[id_in(key)] for key in sorted(keys)[:limit])

    async def due(self, now: float, limit: int) -> Due:
        """What has to be looked at now."""
        self._book.trim(now)
        bereft: list[tuple[LobbyId, NodeId]] = []
        for listed in self._book.nodes():
            node = NodeId(listed.split(SEPARATOR)[1])
            if not self._lives(node):
                bereft += [(id_in(key), node) for key in self._book.keys(listed, None, limit)]
        return Due(self._book.expired(now, limit), tuple(bereft[:limit]))

    async def log(self, after: int, limit: int) -> Log:
        """Changes after a number, in order."""
        return self._book.log(after, limit)

    async def counts(self) -> LobbyCounts:
        """How many there are."""
        waiting, playing = (self._book.count(list_of_status(one)) for one in Status)
        return LobbyCounts(waiting, playing)

    def _lives(self, node: NodeId) -> bool:
        known = self._pool.nodes.get(node)
        return known is not None and not known.ended
