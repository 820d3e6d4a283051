"""Nodes that are drained: said at one, known to each, and gone with the node."""

from __future__ import annotations

from matchd.domain.ids import NodeId
from matchd.store.ports import NodeView
from tests.store.nodes import NodesHouse

N1, N2 = NodeId("n1"), NodeId("n2")


async def test_a_node_hears_that_it_is_drained(nodes: NodesHouse) -> None:
    """With its next renewal, and no other node does; until it is told otherwise."""
    await nodes.joins("n2", "n1")
    assert await nodes.store.nodes.living() == (NodeView(N1, False), NodeView(N2, False))
    await nodes.store.nodes.drain((N1,), drained=True)
    assert await nodes.store.nodes.living() == (NodeView(N1, True), NodeView(N2, False))
    assert [(await nodes.renew(name)).drained for name in ("n1", "n2")] == [True, False]
    await nodes.store.nodes.drain((N1, N2), drained=False)
    assert not (await nodes.renew("n1")).drained


async def test_who_has_ended_is_not_drained(nodes: NodesHouse) -> None:
    """Nor named; one that was never there is passed over."""
    await nodes.joins("n1", "n2")
    await nodes.parts("n1")
    await nodes.store.nodes.drain((N1, N2, NodeId("never")), drained=True)
    assert await nodes.store.nodes.living() == (NodeView(N2, True),)
