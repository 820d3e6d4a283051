"""Sockets of members in lobbies, for the WebSocket that plays there (wire.md 5).

A lobby's socket is asked for with `check`, comes with `connected` and goes with `disconnected`; these
are the only words about sockets that a lobby knows. What ends a socket from this side (the lobby ended,
somebody was put out, he connected anew) reaches its mailbox as `Ended`. Sockets of a node that died are
taken out by the keeper.
"""

from __future__ import annotations

from matchd.domain import lobby_deeds
from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId, Address, LobbyId, PeerId
from matchd.domain.lobbies import Lobby, Presence, Verb, permit
from matchd.services.core import Core
from matchd.services.ice import IceService
from matchd.services.lobby_changes import LobbyChanges
from matchd.services.lobby_views import LobbyViews
from matchd.turn import IceServer


class LobbySeats:
    """Who is connected in which lobby."""

    def __init__(
        self, core: Core, changes: LobbyChanges, views: LobbyViews, ice: IceService
    ) -> None:
        self._core = core
        self._store = core.store.lobbies
        self._ice = ice
        self._changes = changes
        self._views = views

    async def home(self, account: AccountId) -> Lobby | None:
        """The lobby that a player is in, where only his token says which is meant."""
        return await self._store.of(account)

    async def find(self, lobby_id: LobbyId) -> Lobby | None:
        """A lobby as it stands, for whoever holds sockets of its members."""
        return await self._store.get(lobby_id)

    async def check(self, account: AccountId, lobby_id: LobbyId) -> Lobby:
        """The lobby, if this player's socket would be let in now."""
        lobby = await self._views.shown(account, await self._store.get(lobby_id))
        return permit(lobby, account, Verb.CONNECT)

    async def connected(
        self, account: AccountId, lobby_id: LobbyId, peer: PeerId, address: Address
    ) -> Lobby:
        """A member's socket is there; the owner's begins the game, a newer one ends an older one."""

        def deed(before: Lobby | None, now: float) -> Lobby:
            lobby = permit(before, account, Verb.CONNECT)
            return lobby_deeds.connect(lobby, account, Presence(peer, address), now)

        done = await self._changes.do(lobby_id, deed, node=address.node)
        assert done.after is not None
        return done.after

    async def disconnected(self, account: AccountId, lobby_id: LobbyId, address: Address) -> None:
        """A socket has ended; one that is not (any more) there means nothing."""

        def deed(before: Lobby | None, now: float) -> Lobby | None:
            if before is None:
                return None
            return lobby_deeds.disconnect(before, account, address, now)

        await self._changes.do(lobby_id, deed)

    async def ice_servers(self, caller: Caller) -> tuple[IceServer, ...]:
        """What a player connects through: TURN among it only while he is in a lobby or game."""
        assert caller.account is not None
        account = AccountId(caller.account)
        if await self._store.of(account) is None and not await self._plays(account):
            return self._ice.plain().ice_servers
        return self._ice.mint_for(caller, caller.identity, None).ice_servers

    async def _plays(self, account: AccountId) -> bool:
        stand = await self._core.store.queue.stand(account, self._core.clock.now())
        return stand.game is not None
