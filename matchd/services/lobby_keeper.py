"""What happens to lobbies by itself: time, dead nodes, accounts that are erased or banned.

Every node looks, and each lobby is changed by one of them: whoever comes second finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import trio

from matchd.domain import lobby_deeds
from matchd.domain.ids import AccountId, LobbyId
from matchd.domain.lobbies import Lobby
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close
from matchd.services.core import Core
from matchd.services.lobby_changes import LobbyChanges
from matchd.services.people import People

PERIOD = 1.0
"""Seconds between two looks."""

AT_ONCE = 100
"""Lobbies that one look takes; the next one goes on."""


class LobbyKeeper:
    """Keeps lobbies true. It holds no sockets, so only what ends a whole account concerns it."""

    def __init__(self, core: Core, people: People, changes: LobbyChanges) -> None:
        self._core = core
        self._people = people
        self._changes = changes
        # Changed only in sync functions: accounts that may have to leave.
        self._leaving: dict[AccountId, None] = {}

    def holds(self, account: AccountId) -> bool:  # noqa: ARG002  # the protocol's
        """Nothing that ends with a login (endings.Holder)."""
        return False

    def end_account(self, account: AccountId, code: Close, reason: str) -> None:  # noqa: ARG002
        """Whoever is banned or erased leaves his lobby (endings.Holder); a logout keeps it."""
        if code in (Close.FORBIDDEN, Close.GONE):
            self._leaving[account] = None

    async def run(self) -> None:
        """Look until cancelled; what the store could not do is tried again."""
        while True:
            with suppress(StoreUnavailable):  # the node says so already
                await self.tend()
            await trio.sleep(PERIOD)

    async def tend(self) -> None:
        """Look once. While the daemon stops nothing expires: a snapshot keeps it."""
        for account in tuple(self._leaving):
            await self._take_out(account)
            self._leaving.pop(account, None)
        if self._core.current.draining:
            return
        due = await self._core.store.lobbies.due(self._core.clock.now(), AT_ONCE)
        for lobby_id, node in due.bereft:
            await self._changed(lobby_id, partial(lobby_deeds.lose_node, node=node))
        for lobby_id in due.expired:
            await self._changed(lobby_id, lobby_deeds.expire)

    async def _take_out(self, account: AccountId) -> None:
        """Whoever was let in again meanwhile stays where he is."""
        known = await self._people.store.accounts.get(account)
        if known is not None and known.banned(self._people.clock.wall()) is None:
            return
        home = await self._core.store.lobbies.of(account)
        if home is not None:
            await self._changed(home.id, lambda one, now: lobby_deeds.leave(one, account, now))

    async def _changed(
        self, lobby_id: LobbyId, act: Callable[[Lobby, float], Lobby | None]
    ) -> None:
        def deed(before: Lobby | None, now: float) -> Lobby | None:
            return None if before is None else act(before, now)

        await self._changes.do(lobby_id, deed)
