"""The port of groups: who meets whom in matchbox rooms and lobbies (wire.md 3).

Rules: a group takes a socket only while its node's lease stands, and the sweep takes out the sockets
of nodes that are dead: native peers may still come back for `LINGER` seconds, others are gone. A group
that nobody is in is forgotten in the same step.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from matchd.domain.groups import Departure, Group, GroupKey, Member
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, GroupId, PeerId
from matchd.store.ports.rooms import UnknownNode


class Joining(msgspec.Struct, frozen=True):
    """Who comes: `fresh` names the group if one has to be made, `limit` bounds one without `next`."""

    key: GroupKey
    fresh: GroupId
    member: Member
    limit: int


class Joined(msgspec.Struct, frozen=True):
    """In, or back: one's own place, whom one meets there, whose places ended by it, where one was
    before, and the number of the last who came.
    """

    group: GroupId
    member: Member
    met: tuple[Member, ...]
    closed: bool
    departures: tuple[Departure, ...] = ()
    former: Address | None = None
    latest: int = 0


class Full(msgspec.Struct, frozen=True):
    """The group has as many peers as it may."""


class Affirmed(msgspec.Struct, frozen=True):
    """Who is in the group by now; `taken` are those of the askers whose account has a newer place."""

    group: Group
    taken: tuple[PeerId, ...]


class GroupsPort(Protocol):
    """Groups: which sockets meet."""

    async def join(self, joining: Joining) -> Joined | Full | UnknownNode:
        """Take a place in the open group of a key; an older place of the same account is lost."""

    async def resume(
        self, group: GroupId, peer: PeerId, address: Address
    ) -> Joined | UnknownNode | None:
        """Come back to one's place from another socket; None when it is lost."""

    async def leave(self, group: GroupId, peer: PeerId, address: Address) -> Departure | None:
        """Leave; None when this socket has no place there (any more)."""

    async def vacate(self, address: Address) -> Departure | None:
        """Leave whatever place this socket has: the answer that gave it was lost."""

    async def evict(self, key: GroupKey, account: str) -> Departure | None:
        """End the place that an account in the open group of a key keeps while it is away; None when
        there is none.
        """

    async def linger(self, group: GroupId, peer: PeerId, address: Address, now: float) -> bool:
        """Be away for a while; False when this socket has no place there (any more)."""

    async def affirm(self, group: Group, *, restore: bool) -> Affirmed | UnknownNode:
        """Say who of one node is in a group, as that node knows it; `restore` takes places again that
        the store has lost.
        """

    async def look(self, key: GroupKey) -> Group | None:
        """The open group of a key."""

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """End the places of those who did not come back, and of dead nodes; in bounded steps."""
