"""Nodes in the embedded store: there is one, which never outlives its store. Backend-internal.

The rules are those of every backend, so that one conformance suite holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable

from matchd.domain.happenings import Happening, NodeGone
from matchd.domain.ids import NodeId
from matchd.store.embedded.pool import Node, Pool
from matchd.store.embedded.seats import take_out
from matchd.store.ports import Leased, NodeView, Stranger

MEMORY = "this process"


class EmbeddedNodes:
    """The port of nodes over the pool."""

    contact = 0

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def join(
        self, node: NodeId, family: str, now: float, *, again: bool = False
    ) -> Leased | Stranger:
        """Take a lease under a new id; an id that has ended takes none."""
        pool = self._pool
        living = (one for one in pool.nodes.values() if not one.ended)
        if any(one.family != family and now < one.seen_at + pool.leases.node for one in living):
            return Stranger()
        pool.nodes.setdefault(node, Node(family, now))
        if again:
            pool.pulse.recover(now)
        return await self.renew(node, now)

    async def renew(self, node: NodeId, now: float) -> Leased:
        """Renew the lease of a node that is known."""
        pool = self._pool
        known = pool.nodes.get(node)
        stands = known is not None and not known.ended
        if known is not None and stands:
            known.seen_at = now
            pool.pulse.beat(now)
            pool.agenda.put(("node", node, None), now + pool.leases.node)
        drained = known is not None and known.drained
        return Leased(stands, tuple(sorted(pool.nodes)), MEMORY, drained=drained)

    async def part(self, node: NodeId, now: float) -> None:
        """End a node's lease in good order."""
        known = self._pool.nodes.get(node)
        if known is not None:
            known.ended = True
            self._pool.agenda.put(("node", node, None), now)

    async def drain(self, nodes: Iterable[NodeId], *, drained: bool) -> None:
        """Have nodes take no new matches, or take them again."""
        for node in nodes:
            known = self._pool.nodes.get(node)
            if known is not None and not known.ended:
                known.drained = drained

    async def living(self) -> tuple[NodeView, ...]:
        """The nodes whose lease has not ended."""
        known = self._pool.nodes
        return tuple(
            NodeView(node, known[node].drained) for node in sorted(living_nodes(self._pool))
        )


def living_nodes(pool: Pool) -> tuple[NodeId, ...]:
    """The nodes whose lease has not ended."""
    return tuple(node for node, known in pool.nodes.items() if not known.ended)


def look_at_node(pool: Pool, node: NodeId, now: float) -> list[Happening]:
    """Take the sockets of a node out of their rooms once its lease has lapsed."""
    known = pool.nodes.get(node)
    if known is None:
        return []
    due = known.seen_at + pool.leases.node
    if not known.ended and due > now:
        pool.agenda.put(("node", node, None), due)
        return []
    happenings: list[Happening] = [] if known.ended else [NodeGone(node)]
    for address, room_id in sorted(pool.sockets.get(node, {}).items()):
        left = take_out(pool, room_id, address, now)
        happenings += () if left is None else left.happenings
    del pool.nodes[node]
    return happenings
