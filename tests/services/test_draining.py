"""Nodes that an administrator drains, from whichever node he asks."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from matchd.errors import Draining, NotFound
from matchd.store.ports import NodeView
from tests.house import PLAYER_ADDRESS
from tests.services.several import Node, World

NEXT = 1.0
"""Seconds in which each node renews its lease."""


async def is_drained(node: Node) -> bool:
    """Whether a find is refused there."""
    house = node.house
    player = house.player(f"u_{house.hub.node}", PLAYER_ADDRESS)
    try:
        await house.find(player)
    except Draining as refusal:
        return refusal.retry_after is not None
    return False


async def test_a_node_is_drained_from_another(world: World, autojump_clock: MockClock) -> None:
    """It refuses from its next renewal on, the others go on; then it finds again."""
    one, two = await world.start("n1", "n2")
    await one.house.beat(capacity=9)
    draining = one.house.services.admin.draining
    for drained in (True, False):
        nodes = await draining.switch("n2", drained=drained)
        assert nodes == (NodeView(one.house.hub.node, False), NodeView(two.house.hub.node, drained))
        await trio.sleep(NEXT)
        assert [await is_drained(node) for node in (one, two)] == [False, drained]


async def test_all_nodes_are_drained_at_once(world: World, autojump_clock: MockClock) -> None:
    """And a node that joins later is not."""
    one, two = await world.start("n1", "n2")
    await one.house.beat(capacity=9)
    await one.house.services.admin.draining.switch(None, drained=True)
    await trio.sleep(NEXT)
    (three,) = await world.start("n3")
    assert [await is_drained(node) for node in (one, two, three)] == [True, True, False]


async def test_a_node_that_is_not_there(world: World, autojump_clock: MockClock) -> None:
    """It can't be drained, and nobody is in its place."""
    (one,) = await world.start("n1")
    with pytest.raises(NotFound):
        await one.house.services.admin.draining.switch("n9", drained=True)
    assert not one.house.current.drained


async def test_a_store_that_forgot_is_told_again(world: World, autojump_clock: MockClock) -> None:
    """A drained node stays so when its store has lost everything."""
    (one,) = await world.start("n1")
    await one.house.services.admin.draining.switch("n1", drained=True)
    world.forget()
    await trio.sleep(NEXT)
    assert one.house.current.drained
    assert [node.drained for node in await world.store.nodes.living()] == [True]
