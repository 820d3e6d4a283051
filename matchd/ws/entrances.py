"""What each kind of WebSocket is asked for, and whose it is: one entrance per dialect.

The edge asks them in order; the first that knows the request's target takes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from matchd.domain.addresses import caller
from matchd.protocol.group_requests import group_target, is_group
from matchd.services.group_door import GroupDoor
from matchd.services.groups import GroupService
from matchd.services.outbox import Outbox
from matchd.services.rooms import RoomService
from matchd.services.settings import Current, GroupLimits, RelayLimits
from matchd.ws.requests import Head, bearer, signal_request, text


class Session(Protocol):
    """Who takes what a socket says; both are sync."""

    def receive(self, text: str) -> None:
        """Take a text frame."""

    def refuse(self) -> None:
        """A frame that is not text came."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A socket that was let in. `leave` is called once, with whether its peer closed it in order."""

    session: Session
    leave: Callable[[bool], Awaitable[None]]


class Entrance(Protocol):
    """One kind of WebSocket. `dialect` is its label in metrics, `limits` bound its sockets."""

    @property
    def dialect(self) -> str:
        """Its label in metrics."""

    @property
    def limits(self) -> RelayLimits:
        """The bounds of its sockets."""

    def leads(self, target: str) -> bool:
        """Whether this request target is its own."""

    async def enter(self, head: Head, peer: str, outbox: Outbox) -> Visit:
        """Let a socket in, or raise a Refusal."""


class SignalEntrance:
    """Hosts and players; every target that is nobody else's, so that it refuses what is unknown."""

    dialect = "signaling"

    def __init__(self, rooms: RoomService, current: Current, limits: RelayLimits) -> None:
        self.limits = limits
        self._rooms = rooms
        self._current = current

    def leads(self, target: str) -> bool:  # noqa: ARG002  # the last one takes all
        """Always."""
        return True

    async def enter(self, head: Head, peer: str, outbox: Outbox) -> Visit:
        """Let a host or player in."""
        request = signal_request(head, peer, self._current.settings)
        session = await self._rooms.enter(request, outbox)

        async def leave(clean: bool) -> None:  # noqa: ARG001  # his booking decides
            await self._rooms.leave(session)

        return Visit(session, leave)


class GroupEntrance:
    """Rooms for peer-to-peer games (wire.md 3)."""

    dialect = "matchbox"

    def __init__(
        self, door: GroupDoor, groups: GroupService, current: Current, limits: RelayLimits
    ) -> None:
        self.limits = limits
        self._door = door
        self._groups = groups
        self._current = current

    def leads(self, target: str) -> bool:
        """Whether it is a room's."""
        return is_group(target)

    async def enter(self, head: Head, peer: str, outbox: Outbox) -> Visit:
        """Let a peer in."""
        forwarded = text(b",".join(head.all(b"x-forwarded-for")) or None)
        address = caller(peer, forwarded, self._current.settings.trusted)
        wanted = group_target(head.target)
        session = await self._door.enter(wanted, address, bearer(head), outbox)

        async def leave(clean: bool) -> None:  # as the edge calls it
            await self._groups.leave(session, clean=clean)

        return Visit(session, leave)


def group_relay(relay: RelayLimits, limits: GroupLimits) -> RelayLimits:
    """The bounds of a socket in a group: where many meet at once, much is said at once."""
    return msgspec.structs.replace(relay, outbox_messages=limits.outbox_messages)
