"""The way into a lobby's socket (wire.md 5): members come in by a token or a ticket, nobody else.

Whoever is in no lobby, or not in this one, is refused before he has a place or a peer id. A member's
newest socket is the one that counts, in the lobby and in its group.
"""

from __future__ import annotations

from msgspec.structs import replace

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby
from matchd.errors import UnknownLobby
from matchd.protocol.lobby_requests import LobbyTarget, key_of
from matchd.services.admission import Admission, Presented
from matchd.services.group_session import GroupSession
from matchd.services.groups import GroupService, Visit
from matchd.services.limits import Limiter
from matchd.services.lobby_seats import LobbySeats
from matchd.services.lobby_sockets import LobbySockets
from matchd.services.outbox import Outbox

ROOM = 256
"""Places in the group of a lobby: its members, and those who left it and whose places linger."""


class LobbyDoor:
    """Says who comes, and lets him in."""

    def __init__(
        self,
        groups: GroupService,
        seats: LobbySeats,
        sockets: LobbySockets,
        *,
        admission: Admission,
        limiter: Limiter,
    ) -> None:
        self._groups = groups
        self._seats = seats
        self._sockets = sockets
        self._admission = admission
        self._limiter = limiter

    async def check(self, target: LobbyTarget, presented: Presented) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        presented = _brought(target, presented)
        self._limiter.peek(self._admission.claimed(presented), "connects")
        caller = await self._admission.look(presented)
        await self._lobby(caller, target)

    async def enter(
        self, target: LobbyTarget, presented: Presented, outbox: Outbox
    ) -> GroupSession:
        """Let a socket in, or refuse it."""
        presented = _brought(target, presented)
        self._limiter.check(self._admission.claimed(presented), "connects")
        caller = await self._admission.look(presented)
        lobby = await self._lobby(caller, target)
        await self._admission.spend(presented)
        member = lobby.member(_account(caller))
        visit = Visit(
            key=key_of(lobby.id),
            caller=caller,
            limit=ROOM,
            native=target.native,
            resume=target.resume,
            name=None if member is None else member.handle,
            turn=caller.identity,
        )
        return await self._groups.admit(visit, outbox, self._sockets)

    async def _lobby(self, caller: Caller, target: LobbyTarget) -> Lobby:
        account, lobby_id = _account(caller), target.lobby
        if lobby_id is None:
            home = await self._seats.home(account)
            if home is None:
                raise UnknownLobby("You are in no lobby.")
            lobby_id = home.id
        return await self._seats.check(account, lobby_id)


def _brought(target: LobbyTarget, presented: Presented) -> Presented:
    """With the token that the path is, where it is one."""
    return presented if target.token is None else replace(presented, token=target.token)


def _account(caller: Caller) -> AccountId:
    assert caller.account is not None
    return AccountId(caller.account)
