"""One step of a lobby, and what has to be told of it: sockets that end, presence, the log, the feed.

Every service that changes a lobby does it here. Whoever is in it no more loses his socket there, on
whatever node it is, and the place that is kept for one who is away; a member's newer socket ends his
older one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from matchd.domain.events import Presence
from matchd.domain.ids import AccountId, Address, LobbyId, NodeId
from matchd.domain.lobbies import Lobby
from matchd.domain.lobby_lists import Change
from matchd.errors import InLobby, StoreUnavailable
from matchd.protocol.lobby_requests import key_of
from matchd.protocol.news import Close, Ended
from matchd.services.core import Core
from matchd.services.lobby_feed import LobbyFeed
from matchd.services.lobby_tale import event_of, tell_of_lobby
from matchd.services.presence import PresenceService
from matchd.store.ports import CodeTaken, DeadNode, Deed, Elsewhere


class LobbyChanges:
    """The way from a deed to everybody concerned."""

    def __init__(self, core: Core, feed: LobbyFeed, presence: PresenceService) -> None:
        self._core = core
        self._feed = feed
        self._presence = presence

    async def do(self, lobby_id: LobbyId, deed: Deed, *, node: NodeId | None = None) -> Change:
        """Do a deed in a lobby that is there."""
        done = await self.make(lobby_id, deed, node=node)
        assert done is not None  # only a new lobby brings a code
        return done

    async def make(
        self, lobby_id: LobbyId, deed: Deed, *, node: NodeId | None = None
    ) -> Change | None:
        """The same for a new one; None when its code is another's."""
        now = self._core.clock.now()
        done = await self._core.store.lobbies.change(lobby_id, deed, now, node=node)
        match done:
            case Elsewhere():
                raise InLobby
            case CodeTaken():
                return None
            case DeadNode():
                raise StoreUnavailable("This node is registering with the store.", retry_after=1)
        if done.after is not done.before:
            self._tell(done)
            await self._clear(done)
        return done

    async def _clear(self, change: Change) -> None:
        """Expect nobody back who is out of the lobby; a place that this does not reach lapses."""
        key = key_of(change.lobby_id)
        with suppress(StoreUnavailable):
            for account in _players(change.before) - _players(change.after):
                departure = await self._core.store.groups.evict(key, account)
                if departure is not None:
                    self._core.announcer.tell((departure,))
                    self._core.hub.post(departure.address, farewell(change.after, account))

    def _tell(self, change: Change) -> None:
        for address, ended in _ended(change):
            self._core.hub.post(address, ended)
        were, are = _players(change.before), _players(change.after)
        for account in are - were:
            self._presence.place(account, Presence.LOBBY)
        for account in were - are:
            self._presence.place(account, Presence.ONLINE)
        tell_of_lobby(self._core.journal, change)
        if (event := event_of(change)) is not None:
            self._core.metrics.lobby_events.labels(event).inc()
        self._feed.wake()


def _ended(change: Change) -> Iterator[tuple[Address, Ended]]:
    """The sockets that this step has ended, and how."""
    for member in () if change.before is None else change.before.members:
        if member.here is None:
            continue
        inside = None if change.after is None else change.after.member(member.account)
        if inside is None:
            yield member.here.address, farewell(change.after, member.account)
        elif inside.here is not None and inside.here.address != member.here.address:
            reason = "another socket of yours is in this lobby"
            yield member.here.address, Ended(Close.REPLACED, reason)


def _players(lobby: Lobby | None) -> set[AccountId]:
    return set() if lobby is None else {one.account for one in lobby.members}


def farewell(lobby: Lobby | None, account: str) -> Ended:
    """How the socket of somebody ends who is not in a lobby (any more)."""
    if lobby is None:
        return Ended(Close.GONE, "the lobby has ended")
    if account in lobby.kicked:
        return Ended(Close.FORBIDDEN, "you were put out of this lobby")
    return Ended(Close.GONE, "you have left this lobby")
