"""The door of rooms for peer-to-peer games: `/matchbox/…` (wire.md 3)."""

from __future__ import annotations

from functools import partial

import msgspec

from matchd.protocol.group_requests import group_target, is_group
from matchd.services.group_door import GroupDoor
from matchd.services.groups import GroupService
from matchd.services.settings import Current, GroupLimits, RelayLimits
from matchd.ws.doors import Visit
from matchd.ws.requests import Head, address_of, bearer
from matchd.ws.socket import Socket


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
        self._groups = groups
        self._current = current

    def opens(self, path: str) -> bool:
        """The prefix alone, or a name behind it."""
        return is_group(path)

    async def enter(self, head: Head, peer: str, socket: Socket) -> Visit:
        """Let a peer in."""
        address = address_of(head, peer, self._current.settings)
        wanted = group_target(head.target)
        session = await self._door.enter(wanted, address, bearer(head), socket)
        return Visit(session, partial(self._groups.leave, session), session.say_goodbye)


def group_relay(relay: RelayLimits, limits: GroupLimits) -> RelayLimits:
    """The bounds of a socket in a group: where many meet at once, much is said at once."""
    return msgspec.structs.replace(relay, outbox_messages=limits.outbox_messages)
