"""A store under test whose groups fill and empty; peers and sockets are named by small numbers."""

from __future__ import annotations

from matchd.domain.groups import Departure, GroupKey, Member, Reason, Topology
from matchd.domain.ids import GroupId, NodeId, PeerId
from matchd.store.ports import Full, Joined, Joining, UnknownNode
from tests.store.house import socket
from tests.store.nodes import NodesHouse


class GroupsHouse(NodesHouse):
    """A store, its time, its nodes and its groups."""

    def __init__(self, house: NodesHouse) -> None:
        super().__init__(house.store)
        self.now = house.now
        self._drawn = 0

    async def join(  # type: ignore[override]  # a peer joins here; nodes do by `joins`
        self,
        number: int,
        *,
        room: str = "r",
        next: int = 0,  # noqa: A002  # the wire's name
        server: bool = False,
        native: bool = False,
        account: str | None = None,
        node: str = "n1",
        limit: int = 64,
    ) -> Joined | Full | UnknownNode:
        """A peer comes."""
        self._drawn += 1
        topology = Topology.CLIENT_SERVER if server else Topology.MESH
        joining = Joining(
            GroupKey("room", room, next, topology),
            GroupId(f"g{self._drawn}"),
            Member(peer(number), socket(number, node), native, account=account),
            limit,
        )
        return await self.sound(await self.store.groups.join(joining))

    async def joined(self, number: int, **said: object) -> Joined:
        """A peer comes, and is let in."""
        answer = await self.join(number, **said)  # type: ignore[arg-type]  # passed on as named
        assert isinstance(answer, Joined)
        return answer

    async def leave(self, group: GroupId, number: int, node: str = "n1") -> Departure | None:
        """A peer leaves."""
        left = await self.store.groups.leave(group, peer(number), socket(number, node))
        return await self.sound(left)

    async def linger(self, group: GroupId, number: int, node: str = "n1") -> bool:
        """A peer is away."""
        where = socket(number, node)
        return await self.sound(
            await self.store.groups.linger(group, peer(number), where, self.now)
        )

    async def resume(
        self, group: GroupId, number: int, to: int, node: str = "n1"
    ) -> Joined | UnknownNode | None:
        """A peer comes back, by another socket."""
        return await self.sound(
            await self.store.groups.resume(group, peer(number), socket(to, node))
        )

    async def node_joins(self, *nodes: str) -> None:
        """Nodes join."""
        for node in nodes:
            await self.store.nodes.join(NodeId(node), "family", self.now)

    async def gone(self, seconds: float, *nodes: str) -> list[tuple[int, Reason]]:
        """Who loses his place while so much time passes and these nodes renew."""
        seen = await self.goes_on(seconds, *nodes)
        return [(who(item.peer), item.reason) for item in seen if isinstance(item, Departure)]


def peer(number: int) -> PeerId:
    """The id of a peer."""
    return PeerId(f"peer{number}")


def who(name: PeerId) -> int:
    """The number of a peer."""
    return int(name.removeprefix("peer"))


def met(joined: object) -> list[int]:
    """Whom a peer met, in order."""
    assert isinstance(joined, Joined)
    return [who(one.peer) for one in joined.met]
