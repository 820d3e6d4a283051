"""Groups in the embedded store (wire.md 3). Backend-internal."""

from __future__ import annotations

import copy

import msgspec

from matchd.domain.groups import Departure, Group, GroupKey, Member, Reason
from matchd.domain.happenings import Happening
from matchd.domain.ids import Address, GroupId, PeerId
from matchd.store.embedded.pool import Pool
from matchd.store.ports import Affirmed, Full, Joined, Joining, UnknownNode


class EmbeddedGroups:
    """The port of groups over the pool's book, and its nodes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._book = pool.groups

    async def join(self, joining: Joining) -> Joined | Full | UnknownNode:
        """Take a place in the open group of a key."""
        if not self._pool.has_node(joining.member.address):
            return UnknownNode()
        departures = []
        group = self._group_of(joining)
        older = group.of_account(joining.member.account)
        if older is not None:
            departures.append(self._book.remove(group, older.peer, Reason.REPLACED))
            group = self._group_of(joining)
        elif not group.next and len(group.members) >= joining.limit:
            return Full()
        member, late = group.add(joining.member)
        self._book.lose(group, late)
        self._book.put(group, member)
        return _joined(group, member, departures + late)

    async def resume(
        self, group: GroupId, peer: PeerId, address: Address
    ) -> Joined | UnknownNode | None:
        """Come back to one's place from another socket."""
        if not self._pool.has_node(address):
            return UnknownNode()
        known = self._book.records.get(group)
        if known is None or peer not in known.members:
            return None
        former = known.members[peer]
        member, late = self._book.move(known, peer, address)
        return _joined(known, member, late, former.address)

    async def leave(self, group: GroupId, peer: PeerId, address: Address) -> Departure | None:
        """Leave."""
        known = self._book.here(group, peer, address)
        return None if known is None else self._book.remove(known, peer, Reason.LEFT)

    async def vacate(self, address: Address) -> Departure | None:
        """Leave whatever place this socket has."""
        mine = self._book.sockets.get(address.node, {})
        for (group_id, peer), where in mine.items():
            if where == address:
                return self._book.remove(self._book.records[group_id], peer, Reason.LEFT)
        return None

    async def evict(self, key: GroupKey, account: str) -> Departure | None:
        """End the place that an account keeps while it is away."""
        group = self._book.open(key)
        member = None if group is None else group.of_account(account)
        if group is None or member is None or not member.lingers:
            return None
        return self._book.remove(group, member.peer, Reason.LEFT)

    async def linger(self, group: GroupId, peer: PeerId, address: Address, now: float) -> bool:
        """Be away for a while."""
        known = self._book.here(group, peer, address)
        if known is None:
            return False
        self._book.linger(known, peer, now)
        return True

    async def affirm(self, group: Group, *, restore: bool) -> Affirmed | UnknownNode:
        """Say who of one node is in a group."""
        if not all(self._pool.has_node(one.address) for one in group.members.values()):
            return UnknownNode()
        known = self._book.records.get(group.id) or msgspec.structs.replace(group, members={})
        taken = [one.peer for one in group.members.values() if _is_taken(known, one)]
        if restore:
            self._restore(known, group, taken)
        return Affirmed(_copied(known), tuple(taken))

    async def look(self, key: GroupKey) -> Group | None:
        """The open group of a key."""
        group = self._book.open(key)
        return None if group is None else _copied(group)

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """End the places of those who did not come back, and of dead nodes."""
        if self._pool.pulse.is_calm(now):
            return ()
        dead = [node for node in self._book.sockets if not self._pool.has_node(Address(node, 0))]
        departures: list[Departure] = []
        for node in sorted(dead):
            for group_id, peer in self._book.sockets_of(node):
                departures += self._orphaned(group_id, peer, now)
        for group_id, peer in self._book.overdue(now):
            departures += self._ended(group_id, peer)
        return tuple(departures)

    def _restore(self, known: Group, told: Group, taken: list[PeerId]) -> None:
        """Give those their places again that the store has lost."""
        lost = [
            one
            for one in told.members.values()
            if one.peer not in taken and one.peer not in known.members
        ]
        known.members |= {one.peer: one for one in lost}
        known.seq = max(known.seq, told.seq)
        known.members = dict(sorted(known.members.items(), key=lambda item: item[1].seq))
        known.closed = known.closed or self._book.takes_others(known)
        self._book.put(known, *lost)

    def _orphaned(self, group_id: GroupId, peer: PeerId, now: float) -> list[Departure]:
        group = self._book.records.get(group_id)
        member = None if group is None else group.members.get(peer)
        if group is None or member is None or not member.native:
            return self._ended(group_id, peer)
        self._book.linger(group, peer, now)
        return []

    def _ended(self, group_id: GroupId, peer: PeerId) -> list[Departure]:
        group = self._book.records.get(group_id)
        if group is None or peer not in group.members:
            return []
        return [self._book.remove(group, peer, Reason.LOST)]

    def _group_of(self, joining: Joining) -> Group:
        key = joining.key
        return self._book.open(key) or Group(
            id=joining.fresh, key=key.digest, next=key.next, topology=key.topology, members={}
        )


def _is_taken(group: Group, member: Member) -> bool:
    other = group.of_account(member.account)
    mine = group.members.get(member.peer)
    elsewhere = mine is not None and mine.address != member.address
    return elsewhere or (other is not None and other.peer != member.peer)


def _joined(
    group: Group, member: Member, departures: list[Departure], former: Address | None = None
) -> Joined:
    met = group.met_by(member.peer)
    return Joined(group.id, member, met, group.closed, tuple(departures), former, group.seq)


def _copied(group: Group) -> Group:
    return msgspec.structs.replace(group, members=copy.copy(group.members))
