"""The doors of rooms for peer-to-peer games and of lobbies: `/matchbox/…`, `/lobby/…` and `/<token>`,
as Allumette's clients have it (wire.md 3, 5).
"""

from __future__ import annotations

import msgspec

from matchd.protocol.group_requests import group_target, is_group
from matchd.protocol.lobby_requests import is_lobby, is_token, lobby_target
from matchd.services.group_door import GroupDoor
from matchd.services.groups import GroupService
from matchd.services.lobby_door import LobbyDoor
from matchd.services.outbox import Outbox
from matchd.services.settings import Current, GroupLimits, RelayLimits
from matchd.ws.doors import Visit
from matchd.ws.requests import Head, presented


class MatchboxDoor:
    """Peers, in matchbox' words or our own."""

    dialect = "matchbox"

    def __init__(
        self,
        door: GroupDoor,
        groups: GroupService,
        current: Current,
        limits: RelayLimits | None = None,
    ) -> None:
        self.limits = limits
        self._door = door
        self._leaving = groups.leave
        self._current = current

    def opens(self, path: str) -> bool:
        """The prefix alone, or a name behind it."""
        return is_group(path)

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a peer in."""
        brought = presented(head, peer, self._current.settings)
        session = await self._door.enter(group_target(head.target), brought, socket)
        return Visit(session, self._leaving, session.say_goodbye)


class LobbyPlayDoor:
    """Members of a lobby, in the same words."""

    dialect = "lobby"

    def __init__(
        self,
        door: LobbyDoor,
        groups: GroupService,
        current: Current,
        limits: RelayLimits | None = None,
    ) -> None:
        self.limits = limits
        self._door = door
        self._leaving = groups.leave
        self._current = current

    def opens(self, path: str) -> bool:
        """An id behind the prefix, or a token alone: so this is the last door."""
        return is_lobby(path) or is_token(path)

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a member in."""
        brought = presented(head, peer, self._current.settings)
        session = await self._door.enter(lobby_target(head.target), brought, socket)
        return Visit(session, self._leaving, session.say_goodbye)


def group_relay(relay: RelayLimits, limits: GroupLimits) -> RelayLimits:
    """The bounds of a socket in a group: where many meet at once, much is said at once."""
    return msgspec.structs.replace(relay, outbox_messages=limits.outbox_messages)
