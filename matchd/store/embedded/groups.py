"""Groups in the embedded store (wire.md 3). Backend-internal.

Every socket is noted under its node, for the day that node dies; who lingers, by the end of it, which
is as far away for everybody, so that the first noted is the first to go. The Redis backend has the same
steps in lua/groups.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator

import msgspec

from matchd.domain.groups import (
    LINGER,
    Departure,
    Group,
    GroupKey,
    Member,
    Reason,
    contradictions,
)
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, GroupId, NodeId, PeerId
from matchd.store.embedded.pool import Pool
from matchd.store.ports import Affirmed, Full, Joined, Joining, UnknownNode

Place = tuple[GroupId, PeerId]


class EmbeddedGroups:
    """The port of groups, over the nodes of the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._groups: dict[GroupId, Group] = {}
        self._open: dict[str, GroupId] = {}
        self._sockets: dict[NodeId, dict[Place, Address]] = {}
        self._lingering: dict[Place, float] = {}

    async def join(self, joining: Joining) -> Joined | Full | UnknownNode:
        """Take a place in the open group of a key."""
        if not self._pool.has_node(joining.member.address):
            return UnknownNode()
        departures = []
        group = self._group_of(joining)
        older = group.of_account(joining.member.account)
        if older is not None:
            departures.append(self._remove(group, older.peer, Reason.REPLACED))
            group = self._group_of(joining)
        elif not group.next and len(group.members) >= joining.limit:
            return Full()
        self._groups[group.id] = group
        member, late = group.add(joining.member)
        departures += late
        self._note(group, late, member)
        return _joined(group, member, departures)

    async def resume(
        self, group: GroupId, peer: PeerId, address: Address
    ) -> Joined | UnknownNode | None:
        """Come back to one's place from another socket."""
        if not self._pool.has_node(address):
            return UnknownNode()
        known = self._groups.get(group)
        if known is None or peer not in known.members:
            return None
        former = known.members[peer]
        self._unnote((group, peer), former.address)
        member, late = known.move(peer, address)
        self._note(known, late, member)
        return _joined(known, member, late, former.address)

    async def leave(self, group: GroupId, peer: PeerId, address: Address) -> Departure | None:
        """Leave."""
        known = self._here(group, peer, address)
        return None if known is None else self._remove(known, peer, Reason.LEFT)

    async def vacate(self, address: Address) -> Departure | None:
        """Leave whatever place this socket has."""
        mine = self._sockets.get(address.node, {})
        for (group_id, peer), where in mine.items():
            if where == address:
                return self._remove(self._groups[group_id], peer, Reason.LEFT)
        return None

    async def linger(self, group: GroupId, peer: PeerId, address: Address, now: float) -> bool:
        """Be away for a while."""
        known = self._here(group, peer, address)
        if known is None:
            return False
        self._linger(known, peer, now)
        return True

    async def affirm(self, group: Group, *, restore: bool) -> Affirmed | UnknownNode:
        """Say who of one node is in a group."""
        if not all(self._pool.has_node(one.address) for one in group.members.values()):
            return UnknownNode()
        known = self._groups.get(group.id) or msgspec.structs.replace(group, members={})
        if not restore:
            taken = [one.peer for one in group.members.values() if self._is_taken(known, one)]
            return Affirmed(_copied(known), tuple(taken))
        taken = [one.peer for one in group.members.values() if self._is_taken(known, one)]
        for one in group.members.values():
            if one.peer not in taken and one.peer not in known.members:
                known.members[one.peer] = one
                self._sit(known.id, one)
        known.seq = max(known.seq, group.seq)
        known.members = dict(sorted(known.members.items(), key=lambda item: item[1].seq))
        known.closed = known.closed or self._open.get(known.key, known.id) != known.id
        if known.members:
            self._groups[known.id] = known
        self._index(known)
        return Affirmed(_copied(known), tuple(taken))

    async def look(self, key: GroupKey) -> Group | None:
        """The open group of a key."""
        group = self._open.get(key.digest)
        return None if group is None else _copied(self._groups[group])

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """End the places of those who did not come back, and of dead nodes."""
        if self._pool.pulse.is_calm(now):
            return ()
        dead = [node for node in self._sockets if not self._pool.has_node(Address(node, 0))]
        departures: list[Departure] = []
        for node in sorted(dead):
            mine = self._sockets[node].items()
            for (group_id, peer), _ in sorted(mine, key=lambda item: (item[1], item[0])):
                departures += self._orphaned(group_id, peer, now)
        due = itertools.takewhile(lambda item: item[1] <= now, self._lingering.items())
        for (group_id, peer), _ in sorted(due, key=lambda item: (item[1], item[0])):
            departures += self._ended(group_id, peer)
        return tuple(departures)

    def violations(self) -> Iterator[str]:
        """What does not hold in here."""
        sockets = [
            (address, *place) for node in self._sockets.values() for place, address in node.items()
        ]
        yield from contradictions(self._groups.values(), self._open, sockets)
        lingering = {
            (group.id, one.peer)
            for group in self._groups.values()
            for one in group.members.values()
            if one.lingers
        }
        if lingering != set(self._lingering):
            yield "those who linger and their index differ"

    # Steps. Each leaves the indices standing.

    def _orphaned(self, group_id: GroupId, peer: PeerId, now: float) -> list[Departure]:
        group = self._groups.get(group_id)
        member = None if group is None else group.members.get(peer)
        if group is None or member is None or not member.native:
            return self._ended(group_id, peer)
        self._linger(group, peer, now)
        return []

    def _ended(self, group_id: GroupId, peer: PeerId) -> list[Departure]:
        group = self._groups.get(group_id)
        if group is None or peer not in group.members:
            return []
        return [self._remove(group, peer, Reason.LOST)]

    def _group_of(self, joining: Joining) -> Group:
        known = self._open.get(joining.key.digest)
        if known is not None:
            return self._groups[known]
        key = joining.key
        return Group(
            id=joining.fresh, key=key.digest, next=key.next, topology=key.topology, members={}
        )

    def _here(self, group_id: GroupId, peer: PeerId, address: Address) -> Group | None:
        group = self._groups.get(group_id)
        member = None if group is None else group.members.get(peer)
        return group if member is not None and member.address == address else None

    def _remove(self, group: Group, peer: PeerId, reason: Reason) -> Departure:
        before = dict(group.members)
        departure = group.remove(peer, reason)
        for one in before.values():
            if one.peer not in group.members:
                self._unnote((group.id, one.peer), one.address)
        self._index(group)
        return departure

    def _linger(self, group: Group, peer: PeerId, now: float) -> None:
        self._unnote((group.id, peer), group.members[peer].address)
        group.linger(peer, now + LINGER)
        self._lingering[group.id, peer] = now + LINGER

    def _note(self, group: Group, late: list[Departure], member: Member) -> None:
        for departure in late:
            self._unnote((group.id, departure.peer), departure.address)
        self._sit(group.id, member)
        self._index(group)

    def _index(self, group: Group) -> None:
        if not group.members:
            self._groups.pop(group.id, None)
        if group.takes:
            self._open[group.key] = group.id
        elif self._open.get(group.key) == group.id:
            del self._open[group.key]

    def _sit(self, group_id: GroupId, member: Member) -> None:
        self._sockets.setdefault(member.address.node, {})[group_id, member.peer] = member.address

    def _unnote(self, place: Place, address: Address) -> None:
        self._lingering.pop(place, None)
        mine = self._sockets.get(address.node, {})
        mine.pop(place, None)
        if not mine:
            self._sockets.pop(address.node, None)

    def _is_taken(self, group: Group, member: Member) -> bool:
        other = group.of_account(member.account)
        mine = group.members.get(member.peer)
        elsewhere = mine is not None and mine.address != member.address
        return elsewhere or (other is not None and other.peer != member.peer)


def _joined(
    group: Group, member: Member, departures: list[Departure], former: Address | None = None
) -> Joined:
    met = group.met_by(member.peer)
    return Joined(group.id, member, met, group.closed, tuple(departures), former)


def _copied(group: Group) -> Group:
    return msgspec.structs.replace(group, members=copy.copy(group.members))
