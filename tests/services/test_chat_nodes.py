"""Chat at several nodes: each message once, in order, whatever is lost, cut or killed between them."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.limits import Rate
from matchd.errors import StoreUnavailable
from matchd.protocol.chat import MessageBody
from matchd.protocol.news import Close
from tests.services.chatting import Device, Talk
from tests.services.several import Node, World
from tests.store.people import account

Clock = trio.testing.MockClock
NAMES = ("ann", "bob", "cleo")


async def gather(world: World, *nodes: Node) -> None:
    """Ann, bob and cleo in a room."""
    for store in (world.store, world.people):
        for name in NAMES:
            await store.accounts.create(account(name))
    for node in nodes:
        rates = node.house.current.settings.identity_rates
        node.house.change(identity_rates=rates | {"chat": Rate(10_000, 1.0)})
    await Talk(nodes[0].house, world.nursery).room("tea", *NAMES)


async def device(world: World, node: Node, name: str) -> Device:
    """A socket of somebody at a node, however often it takes."""
    while True:
        try:
            return await Talk(node.house, world.nursery).device(name)
        except StoreUnavailable:
            await trio.sleep(1)


async def say(node: Node, name: str, text: str) -> int:
    """Say something at a node, again under the same id while no answer comes; its number."""
    directory = node.house.chat.services.directory
    while True:
        try:
            me = await directory.person(node.house.player(f"u_{name}"))
            body = MessageBody(room="tea", content=text, id=text)
            return (await node.house.chat.services.rooms.say(me, body)).seq
        except StoreUnavailable:
            await trio.sleep(1)


@pytest.mark.parametrize("losses", [0.0, 0.3])
async def test_all_hear_all(world: World, losses: float, autojump_clock: Clock) -> None:
    """Members at two nodes who speak at once hear the same, whatever letters and answers are lost."""
    one, two = await world.start("n1", "n2")
    await gather(world, one, two)
    devices = [
        await device(world, node, name) for node, name in zip((one, two, two), NAMES, strict=True)
    ]
    world.loses_letters = one.link.loses_answers = two.link.loses_answers = losses
    async with trio.open_nursery() as nursery:
        for node, name in ((one, "ann"), (two, "bob"), (two, "cleo")):
            nursery.start_soon(speak, node, name)
    world.loses_letters = one.link.loses_answers = two.link.loses_answers = 0.0
    await trio.sleep(60)
    for each in devices:
        assert each.seqs == list(range(1, 62))
        assert each.texts == devices[0].texts
    for name in NAMES:
        own = [text for text in devices[0].texts if text.startswith(f"{name}:")]
        assert own == [f"{name}:{number}" for number in range(20)]


async def speak(node: Node, name: str) -> None:
    """Twenty messages."""
    for number in range(20):
        await say(node, name, f"{name}:{number}")


async def test_a_node_that_was_paused(world: World, autojump_clock: Clock) -> None:
    """Its sockets are closed when it is back, and go on elsewhere from their cursor."""
    one, two = await world.start("n1", "n2")
    await gather(world, one, two)
    bob = await device(world, two, "bob")
    await say(one, "ann", "before")
    await trio.sleep(1)
    await bob.do("Ack", {"room": "tea", "seq": 2})
    await trio.sleep(1)
    two.pause()
    await trio.sleep(30)
    await say(one, "ann", "meanwhile")
    again = await device(world, one, "bob")
    await trio.sleep(1)
    assert again.texts == ["meanwhile"]
    two.resume()
    await trio.sleep(30)
    assert bob.outbox.code == Close.RESTART


async def test_a_cut(world: World, autojump_clock: Clock) -> None:
    """Who is cut off hears what he missed once the link is back."""
    one, two = await world.start("n1", "n2")
    await gather(world, one, two)
    bob = await device(world, two, "bob")
    two.cut()
    await say(one, "ann", "missed")
    await trio.sleep(2)
    assert "missed" not in bob.texts
    two.heal()
    await trio.sleep(30)
    assert bob.seqs == [1, 2]
