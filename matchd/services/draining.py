"""Nodes that take no new matches, because an administrator says so (wire.md 9).

Rules: whether a node is drained is kept with its lease, so that it may be said at any node, and goes
with that node. A drained node refuses finds and joins to the queue, and is not ready; who waits or
plays goes on.
"""

from __future__ import annotations

from matchd.domain.ids import NodeId
from matchd.errors import NotFound
from matchd.services.core import Core
from matchd.store.ports import NodeView


class DrainService:
    """The switch of each node."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def here(self) -> NodeId:
        """This node."""
        return self._core.hub.node

    async def nodes(self) -> tuple[NodeView, ...]:
        """The nodes that share the store."""
        return await self._core.store.nodes.living()

    async def switch(self, name: str | None, *, drained: bool) -> tuple[NodeView, ...]:
        """Have a node (None: all that live) take no new matches, or take them again: this one from
        now on, others from their next renewal on. All nodes as they stand then.
        """
        known = [node.id for node in await self.nodes()]
        chosen = known if name is None else [node for node in known if node == name]
        if not chosen:
            raise NotFound("There is no such node.")
        await self._core.store.nodes.drain(chosen, drained=drained)
        if self.here in chosen:
            self._core.current.drained = drained
        for node in chosen:
            self._core.journal.happened("node.drained" if drained else "node.undrained", node=node)
        return await self.nodes()
