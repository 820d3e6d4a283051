"""Sockets in the groups of lobbies, kept true in the lobbies themselves (wire.md 5).

A lobby is told of a member's socket once that has its place in the group, and of its end as soon as it
is gone, though the place of a native peer is kept for a while. What the store could not be told is owed
and settled later. The news that a lobby has ended, or that somebody is out of it, is sent once and may
be lost; so in the rounds of the node each lobby with sockets here is compared with the store.
"""

from __future__ import annotations

from contextlib import suppress

from matchd.domain.ids import AccountId, LobbyId
from matchd.domain.lobbies import Lobby
from matchd.errors import Forbidden, StoreUnavailable, UnknownLobby
from matchd.protocol.news import Close
from matchd.services.group_session import GroupSession
from matchd.services.lobby_changes import farewell
from matchd.services.lobby_seats import LobbySeats
from matchd.services.mending import Trusted
from matchd.services.together import Pause, all_done, for_each

REPLACED = "another socket of yours is in this lobby"


class LobbySockets:
    """Tells lobbies of the sockets of this node (groups.Watcher), and compares them (nodes.Debtors)."""

    def __init__(self, seats: LobbySeats) -> None:
        self._seats = seats
        # Changed only in sync functions: those a lobby knows, and those it has yet to forget.
        self._here: dict[GroupSession, None] = {}
        self._owed: dict[GroupSession, None] = {}

    async def entered(self, session: GroupSession) -> None:
        """It has its place; the owner's begins the game."""
        await self._connect(session)
        self._here[session] = None

    async def left(self, session: GroupSession) -> None:
        """Its socket is gone."""
        self._here.pop(session, None)
        self._owed[session] = None
        await self._disconnect(session)

    async def settle(self) -> None:
        """Say of those who are owed that they are gone; the store may be away for some still."""
        await for_each(self._owed, self._disconnect)

    def evict(self) -> None:
        """The groups close their sockets themselves."""

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:  # noqa: ARG002  # lobbies are never said again
        """Compare each lobby with the sockets here; False when some could not be."""
        by_lobby: dict[LobbyId, list[GroupSession]] = {}
        for session in self._here:
            by_lobby.setdefault(_lobby(session), []).append(session)

        return await all_done(by_lobby.items(), self._mend, pause)

    async def _mend(self, there: tuple[LobbyId, list[GroupSession]]) -> bool:
        lobby_id, mine = there
        lobby, complete = await self._seats.find(lobby_id), True
        for session in mine:
            complete = await self._compare(session, lobby) and complete
        return complete

    async def _compare(self, session: GroupSession, lobby: Lobby | None) -> bool:
        member = None if lobby is None else lobby.member(_account(session))
        if session not in self._here:
            return True
        if member is None:
            ended = farewell(lobby, _account(session))
            session.end(ended.code, ended.reason)
        elif member.here is None:
            return await self._connect_again(session)
        elif member.here.address != session.address:
            session.end(Close.REPLACED, REPLACED)
        return True

    async def _connect_again(self, session: GroupSession) -> bool:
        """A store that took over has not known this socket; False when it does not yet."""
        try:
            await self._connect(session)
        except (UnknownLobby, Forbidden):
            return False
        finally:
            if session not in self._here:
                self._owed[session] = None  # it left meanwhile, and this may have put it back
        return True

    async def _connect(self, session: GroupSession) -> None:
        await self._seats.connected(
            _account(session), _lobby(session), session.peer, session.address
        )

    async def _disconnect(self, session: GroupSession) -> None:
        with suppress(StoreUnavailable):
            await self._seats.disconnected(_account(session), _lobby(session), session.address)
            self._owed.pop(session, None)


def _lobby(session: GroupSession) -> LobbyId:
    return LobbyId(session.key.name)


def _account(session: GroupSession) -> AccountId:
    assert session.member.account is not None
    return AccountId(session.member.account)
