"""Event sockets at several nodes: nothing is missed or doubled, whatever is lost between them."""

from __future__ import annotations

import itertools

import pytest
import trio
import trio.testing

from matchd.domain.events import SOCKETS
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close
from tests.services.listening import Listener, befriend, listen, sign_up
from tests.services.several import Node, World
from tests.thorough import TIMES

Clock = trio.testing.MockClock
ANN = "u_ann"


def say(node: Node, number: int) -> None:
    """Publish a numbered event at a node."""
    node.house.publisher.publish([ANN], "test.said", {"n": number})


async def enter(node: Node, after: str | None = None, who: str = ANN) -> Listener:
    """Open an event socket at a node, however often it takes."""
    while True:
        try:
            return await listen(node.house, who, after=after)
        except StoreUnavailable:
            await trio.sleep(1)


def states(listener: Listener) -> list[object]:
    """What was told of friends, in order."""
    return [event["state"] for event in listener.events if event["type"] == "friend.presence"]


async def test_devices_at_two_nodes_are_told_the_same(world: World, autojump_clock: Clock) -> None:
    """Whoever publishes it."""
    one, two = await world.start("n1", "n2")
    phone, desk = await enter(one), await enter(two)
    for number in range(20):
        say((one, two)[number % 2], number)
    await trio.sleep(1)
    assert sorted(map(str, desk.numbers)) == sorted(map(str, range(20)))
    assert phone.numbers == desk.numbers
    assert [n for n in phone.numbers if n in range(0, 20, 2)] == list(range(0, 20, 2))


async def test_one_goes_on_at_another_node(world: World, autojump_clock: Clock) -> None:
    """From where he was."""
    one, two = await world.start("n1", "n2")
    phone = await enter(one)
    say(one, 1)
    await trio.sleep(1)
    mark = phone.mark
    await phone.leave()
    say(one, 2)
    await trio.sleep(1)
    again = await enter(two, mark)
    say(one, 3)
    await trio.sleep(1)
    assert again.numbers == [2, 3]
    assert "gap" not in again.said


@pytest.mark.parametrize("seed", range(6 * TIMES))
async def test_what_is_lost_between_nodes_is_found(
    nursery: trio.Nursery, autojump_clock: Clock, seed: int
) -> None:
    """Letters and answers are lost and overtake each other: each device is told all, once, in the
    order of each log, and so are those that come and go meanwhile.
    """
    world = World(nursery, seed, slow=0.05)
    nodes = await world.start("n1", "n2", "n3")
    devices = [await enter(node) for node in nodes]
    world.loses_letters = 0.2
    for node in nodes:
        node.link.loses_answers = 0.1
    mark, heard = devices[0].mark, []
    roamer = await enter(nodes[1], mark)
    for number in range(60):
        say(world.rng.choice(nodes), number)
        await trio.sleep(world.rng.random() / 5)
        if number % 15 == 14:
            mark = roamer.mark
            await roamer.leave()
            heard += roamer.numbers
            roamer = await enter(world.rng.choice(nodes), mark)
    world.loses_letters = 0.0
    for node in nodes:
        node.link.loses_answers = 0.0
    await trio.sleep(60)
    heard += roamer.numbers
    told = [device.numbers for device in devices] + [heard]
    assert [list(range(60))] * 4 == [sorted(int(str(n)) for n in numbers) for numbers in told]
    assert all(first == second for first, second in itertools.pairwise(told))


async def test_the_ninth_device_ends_one_at_another_node(
    world: World, autojump_clock: Clock
) -> None:
    """The oldest of all, also when the news of it is lost."""
    one, two = await world.start("n1", "n2")
    devices = [await enter((one, two)[number % 2]) for number in range(SOCKETS)]
    world.loses_letters = 1.0
    last = await enter(two)
    await trio.sleep(25)
    assert [device.code for device in (*devices, last)] == [Close.REPLACED] + [None] * SOCKETS


async def test_a_dead_nodes_players_are_away(world: World, autojump_clock: Clock) -> None:
    """After its lease and the grace their friends are told; who is at another node by then is not."""
    one, two = await world.start("n1", "n2")
    ann, bob, kim = [await sign_up(two.house, name) for name in ("ann", "bob", "kim")]
    for other in (ann, kim):
        await befriend(two.house, other, bob)
    await trio.sleep(1)
    bobs = await enter(two, who=bob.account.id)
    await enter(one, who=ann.account.id)
    kims = await enter(one, who=kim.account.id)
    await trio.sleep(2)
    assert states(bobs) == ["online", "online"]
    world.kill(one)
    await trio.sleep(8)
    await enter(two, kims.mark, who=kim.account.id)
    await trio.sleep(60)
    told = [(event["player"], event["state"]) for event in bobs.events[2:]]
    assert told == [({"id": ann.account.id, "name": "ann"}, "offline")]


async def test_a_paused_node_closes_its_sockets(world: World, autojump_clock: Clock) -> None:
    """It was declared dead; under its new id it serves again."""
    one, two = await world.start("n1", "n2")
    phone, desk = await enter(one), await enter(two)
    one.pause()
    await trio.sleep(30)
    one.resume()
    await trio.sleep(5)
    assert (phone.code, desk.code) == (Close.RESTART, None)
    await phone.leave()
    again = await enter(one, phone.mark)
    say(two, 1)
    await trio.sleep(1)
    assert (again.numbers, desk.numbers) == ([1], [1])


async def test_a_node_that_was_cut_off_reads_on(world: World, autojump_clock: Clock) -> None:
    """What was published meanwhile at other nodes comes when the link is back, and so does its own."""
    one, two = await world.start("n1", "n2")
    phone, desk = await enter(one), await enter(two)
    one.cut()
    say(two, 1)
    say(one, 2)
    await trio.sleep(4)
    assert (phone.numbers, desk.numbers) == ([], [1])
    one.heal()
    await trio.sleep(30)
    assert (phone.numbers, desk.numbers) == ([1, 2], [1, 2])


async def test_a_store_that_forgot_knows_them_again(world: World, autojump_clock: Clock) -> None:
    """Sockets stay and are told what comes; what was asked for from before is a gap."""
    one, two = await world.start("n1", "n2")
    phone, desk = await enter(one), await enter(two)
    say(one, 1)
    await trio.sleep(1)
    mark = phone.mark
    world.forget()
    await trio.sleep(30)
    say(two, 2)
    await trio.sleep(1)
    assert (phone.numbers, desk.numbers, phone.code) == ([1, 2], [1, 2], None)
    assert await world.store.events.present([ANN]) == {ANN: "online"}
    again = await enter(two, mark)
    assert again.said[:2] == ["hello", "gap"]


async def test_who_left_while_the_store_was_away_is_away(
    world: World, autojump_clock: Clock
) -> None:
    """It is made up for when the link is back."""
    one, _ = await world.start("n1", "n2")
    phone = await enter(one)
    one.cut()
    await phone.leave()
    await trio.sleep(3)
    one.heal()
    await trio.sleep(20)
    assert await world.store.events.present([ANN]) == {}
    assert not one.house.events._owed
