"""The groups in memory: records, the open ones by key, the sockets of nodes, who lingers.
Backend-internal.

Every socket is noted under its node, for the day that node dies; who lingers, by the end of it, which
is as far away for everybody, so that the first noted is the first to go. Each step leaves these
indices standing. The Redis backend has the same steps in lua/groups/prelude.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from matchd.domain.groups import (
    LINGER,
    Departure,
    Group,
    GroupKey,
    Member,
    Reason,
    contradictions,
    outlasting,
)
from matchd.domain.ids import Address, GroupId, NodeId, PeerId

Place = tuple[GroupId, PeerId]


class GroupBook:
    """All groups."""

    def __init__(self) -> None:
        self.records: dict[GroupId, Group] = {}
        self.sockets: dict[NodeId, dict[Place, Address]] = {}
        self._open: dict[str, GroupId] = {}
        self._lingering: dict[Place, float] = {}

    # Reading.

    def open(self, key: GroupKey) -> Group | None:
        """The group that newcomers of a key find."""
        known = self._open.get(key.digest)
        return None if known is None else self.records[known]

    def takes_others(self, group: Group) -> bool:
        """Whether newcomers of its key find another group."""
        return self._open.get(group.key, group.id) != group.id

    def here(self, group_id: GroupId, peer: PeerId, address: Address) -> Group | None:
        """The group in which this socket has this place."""
        group = self.records.get(group_id)
        member = None if group is None else group.members.get(peer)
        return group if member is not None and member.address == address else None

    def sockets_of(self, node: NodeId) -> list[Place]:
        """The places of a node's sockets, in the order of these."""
        mine = self.sockets.get(node, {}).items()
        return [place for place, _ in sorted(mine, key=lambda item: (item[1], item[0]))]

    def overdue(self, now: float) -> list[Place]:
        """The places of those who did not come back in time."""
        due = itertools.takewhile(lambda item: item[1] <= now, self._lingering.items())
        return [place for place, _ in sorted(due, key=lambda item: (item[1], item[0]))]

    def violations(self) -> Iterator[str]:
        """What does not hold in here."""
        sockets = [
            (address, *place) for node in self.sockets.values() for place, address in node.items()
        ]
        yield from contradictions(self.records.values(), self._open, sockets)
        lingering = {
            (group.id, one.peer)
            for group in self.records.values()
            for one in group.members.values()
            if one.lingers
        }
        if lingering != set(self._lingering):
            yield "those who linger and their index differ"

    # Steps.

    def put(self, group: Group, *members: Member) -> None:
        """Keep a group, and note the sockets of these members."""
        self.records[group.id] = group
        for member in members:
            mine = self.sockets.setdefault(member.address.node, {})
            mine[group.id, member.peer] = member.address
        self._index(group)

    def move(self, group: Group, peer: PeerId, address: Address) -> tuple[Member, list[Departure]]:
        """A peer is back, at another address."""
        self._unnote((group.id, peer), group.members[peer].address)
        member, late = group.move(peer, address)
        self.lose(group, late)
        self.put(group, member)
        return member, late

    def remove(self, group: Group, peer: PeerId, reason: Reason) -> Departure:
        """Take a peer out, and with the server everybody."""
        before = dict(group.members)
        departure = group.remove(peer, reason)
        for one in before.values():
            if one.peer not in group.members:
                self._unnote((group.id, one.peer), one.address)
        self._index(group)
        return departure

    def lose(self, group: Group, departures: list[Departure]) -> None:
        """These have lost their places."""
        for departure in departures:
            self._unnote((group.id, departure.peer), departure.address)

    def linger(self, group: Group, peer: PeerId, now: float) -> None:
        """A peer is away, and may come back."""
        self._unnote((group.id, peer), group.members[peer].address)
        group.linger(peer, now + LINGER)
        self._lingering[group.id, peer] = now + LINGER

    def restore(self, group: Group, now: float) -> None:
        """Take in what a restart has left of a group."""
        kept = outlasting(group, now + LINGER)
        if kept is not None:
            self._lingering.update(((kept.id, peer), now + LINGER) for peer in kept.members)
            self.put(kept)

    def _index(self, group: Group) -> None:
        if not group.members:
            self.records.pop(group.id, None)
        if group.takes:
            self._open[group.key] = group.id
        elif self._open.get(group.key) == group.id:
            del self._open[group.key]

    def _unnote(self, place: Place, address: Address) -> None:
        self._lingering.pop(place, None)
        mine = self.sockets.get(address.node, {})
        mine.pop(place, None)
        if not mine:
            self.sockets.pop(address.node, None)
