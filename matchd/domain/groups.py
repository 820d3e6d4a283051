"""A group: the peers that meet in one matchbox room, or the sockets of one lobby (wire.md 3). Pure.

Theory: a key (name, `next`, topology) has at most one group that takes peers. In a full mesh all
meet; in client-server the first peer is the server, and the others meet only it. With `next` a group
is closed for good when so many are connected. A peer that may come back lingers: it keeps its place,
but does not count towards `next`, and loses the place when the group closes without it.

Every change returns who is to be told; a group that nobody is in is dropped by its store.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

import msgspec

from matchd.domain.ids import Address, GroupId, PeerId

MOST_NEXT = 64
"""The largest `next` (wire.md 3)."""

LINGER = 30.0
"""Seconds for which a native peer may come back (wire.md 3)."""


FIRST = 1
"""The place in the order of the peer that is the server, where there is one."""

Socket = tuple[Address, GroupId, PeerId]
"""A socket, and whose place it is."""


class Topology(enum.StrEnum):
    """Who meets whom."""

    MESH = "full-mesh"
    CLIENT_SERVER = "client-server"


class Reason(enum.StrEnum):
    """Why a peer is gone."""

    LEFT = "left"
    LOST = "lost"
    REPLACED = "replaced"


class GroupKey(msgspec.Struct, frozen=True):
    """What peers must agree on to meet; `scope` keeps rooms of one kind apart from those of others.

    `next` 0 is none. Stores know a key by its digest, so that no name is too long for them.
    """

    scope: str
    name: str
    next: int = 0
    topology: Topology = Topology.MESH

    @property
    def digest(self) -> str:
        """The key in 32 characters."""
        text = f"{self.scope}\0{self.next}\0{self.topology}\0{self.name}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Member(msgspec.Struct, frozen=True):
    """A peer in a group. `native` ones may come back; `seq` is the order in which peers came, `turn`
    counts how often this one came back, `lingers_until` is set while it is away.
    """

    peer: PeerId
    address: Address
    native: bool = False
    name: str | None = None
    account: str | None = None
    seq: int = 0
    turn: int = 0
    lingers_until: float | None = None

    @property
    def lingers(self) -> bool:
        """Whether it is away, and its place kept."""
        return self.lingers_until is not None


class Departure(msgspec.Struct, frozen=True):
    """A peer has lost its place. `observers` are to be told; `dissolved`: it was the server, so that
    they have lost theirs as well.
    """

    group: GroupId
    peer: PeerId
    address: Address
    reason: Reason
    observers: tuple[Address, ...]
    dissolved: bool = False


class Group(msgspec.Struct, kw_only=True):
    """Who is in a group, in the order they came."""

    id: GroupId
    key: str
    next: int = 0
    topology: Topology = Topology.MESH
    closed: bool = False
    seq: int = 0
    members: dict[PeerId, Member] = {}

    @property
    def connected(self) -> int:
        """How many are here and not just expected back."""
        return sum(not member.lingers for member in self.members.values())

    @property
    def takes(self) -> bool:
        """Whether newcomers find this group."""
        return not self.closed and bool(self.members)

    @property
    def server(self) -> Member | None:
        """The first peer, where it is the server; None while the store has yet to hear of it again."""
        if self.topology is Topology.MESH:
            return None
        return next((member for member in self.members.values() if member.seq == FIRST), None)

    def met_by(self, peer: PeerId) -> tuple[Member, ...]:
        """Whom this peer meets."""
        others = tuple(member for member in self.members.values() if member.peer != peer)
        if self.topology is Topology.MESH or self.members[peer].seq == FIRST:
            return others
        return tuple(member for member in others if member.seq == FIRST)

    def of_account(self, account: str | None) -> Member | None:
        """The place that an account has here."""
        if account is None:
            return None
        return next((one for one in self.members.values() if one.account == account), None)

    def add(self, member: Member) -> tuple[Member, list[Departure]]:
        """Let a peer in; those who lost their place because the group is complete now."""
        self.seq += 1
        placed = msgspec.structs.replace(member, seq=self.seq)
        self.members[member.peer] = placed
        return placed, self._complete()

    def move(self, peer: PeerId, address: Address) -> tuple[Member, list[Departure]]:
        """A peer is back, at another address."""
        former = self.members[peer]
        self.members[peer] = msgspec.structs.replace(
            former, address=address, turn=former.turn + 1, lingers_until=None
        )
        return self.members[peer], self._complete()

    def linger(self, peer: PeerId, until: float) -> None:
        """A peer is away, and may come back."""
        self.members[peer] = msgspec.structs.replace(self.members[peer], lingers_until=until)

    def remove(self, peer: PeerId, reason: Reason) -> Departure:
        """Take a peer out; without its server a group has nobody."""
        gone = self.members[peer]
        dissolved = self.server == gone
        observers = addresses(self.met_by(peer))
        del self.members[peer]
        if dissolved:
            self.members.clear()
        return Departure(self.id, peer, gone.address, reason, observers, dissolved)

    def _complete(self) -> list[Departure]:
        """Close the group once enough are connected; who lingers then has come too late."""
        server = self.server
        away = server is not None and server.lingers
        if self.closed or not self.next or away or self.connected < self.next:
            return []
        self.closed = True
        late = [member.peer for member in self.members.values() if member.lingers]
        return [self.remove(peer, Reason.LOST) for peer in late]


def outlasting(group: Group, until: float) -> Group | None:
    """What a restart leaves of a group: those who may come back, until then; None where nobody may."""
    kept = msgspec.structs.replace(
        group,
        members={
            member.peer: msgspec.structs.replace(member, lingers_until=until)
            for member in group.members.values()
            if member.native
        },
    )
    alone = kept.topology is not Topology.MESH and kept.server is None
    return None if alone or not kept.members else kept


def addresses(members: Iterable[Member]) -> tuple[Address, ...]:
    """Where these peers are told news: also those who linger, whose node keeps it for them."""
    return tuple(member.address for member in members)


def contradictions(
    groups: Iterable[Group], open_groups: Mapping[str, GroupId], sockets: Iterable[Socket]
) -> Iterator[str]:
    """What does not hold between groups and the indices of a store, as sentences."""
    known = {group.id: group for group in groups}
    for group in known.values():
        if not group.members:
            yield f"group {group.id}: empty but kept"
        if group.next and group.closed is False and group.connected >= group.next:
            server = group.server
            if server is None or not server.lingers:
                yield f"group {group.id}: complete but open"
        accounts = [one.account for one in group.members.values() if one.account is not None]
        if len(set(accounts)) != len(accounts):
            yield f"group {group.id}: an account has two places"
    if {group.key: group.id for group in known.values() if group.takes} != dict(open_groups):
        yield "the open groups and their index differ"
    here = [
        (one.address, group.id, one.peer)
        for group in known.values()
        for one in group.members.values()
        if not one.lingers
    ]
    if sorted(here) != sorted(sockets):
        yield "the sockets of the nodes and the groups differ"
