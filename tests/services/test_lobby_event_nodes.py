"""Changes of lobbies on event sockets at several nodes: told at each, once, in order, whatever is lost
between them, and replayed to who goes on at another one.
"""

from __future__ import annotations

import pytest
import trio
import trio.testing
from msgspec.structs import replace

from matchd.domain.ids import LobbyId
from matchd.domain.lobbies import Lobby
from matchd.errors import StoreUnavailable
from tests.lobbies import lobby, who
from tests.services.listening import Listener, listen
from tests.services.several import Node, World

Clock = trio.testing.MockClock
BOB = "u_bob"
L1 = LobbyId("l1")


async def enter(node: Node, after: str | None = None, account: str = BOB) -> Listener:
    """An event socket at a node, however often it takes."""
    while True:
        try:
            return await listen(node.house, account, after=after)
        except StoreUnavailable:
            await trio.sleep(1)


async def name(node: Node, text: str) -> None:
    """Ann's public lobby is called so from now on; it is made if it is not there."""

    def deed(before: Lobby | None, now: float) -> Lobby:
        made = before or lobby(L1, "ann", created_at=now)
        return replace(made, name=text, active_at=now)

    while True:
        try:
            await node.house.lobbies.lobbies._changes.do(L1, deed)
        except StoreUnavailable:
            await trio.sleep(0.5)
        else:
            return


def names(listener: Listener) -> list[str]:
    """How the lobby was called, as a socket was told."""
    told = [event["lobby"] for event in listener.events if "lobby" in event]
    return [one["name"] for one in told if isinstance(one, dict)]


async def test_each_node_tells_its_sockets(world: World, autojump_clock: Clock) -> None:
    """Whichever node it happened at, all the same, in order; a member is shown more."""
    one, two = await world.start("n1", "n2")
    phone, desk, ann = await enter(one), await enter(two), await enter(two, account=who("ann"))
    for number in range(10):
        await name((one, two)[number % 2], f"n{number}")
    await trio.sleep(1)
    everything = [f"n{number}" for number in range(10)]
    assert [everything] * 3 == [names(listener) for listener in (phone, desk, ann)]
    assert phone.events == desk.events
    assert "code" in ann.events[0]["lobby"]  # type: ignore[operator]  # JSON


async def test_one_goes_on_at_another_node(world: World, autojump_clock: Clock) -> None:
    """From where he was, also when that node has told less by then."""
    one, two = await world.start("n1", "n2")
    phone, waits = await enter(one), await enter(two)
    await name(one, "a")
    await trio.sleep(1)
    await phone.leave()
    await name(one, "b")
    again = await enter(two, phone.mark)
    await name(one, "c")
    await trio.sleep(1)
    assert (names(again), names(waits)) == (["b", "c"], ["a", "b", "c"])
    two.pause()
    await name(one, "d")
    first = await enter(one, again.mark)
    await trio.sleep(0.5)
    assert names(first) == ["d"]
    two.resume()
    second = await enter(two, first.mark)
    await trio.sleep(1)
    assert (names(second), second.said) == ([], ["hello", "live"])


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_is_missed_or_doubled(
    nursery: trio.Nursery, autojump_clock: Clock, seed: int
) -> None:
    """Answers are lost and late; who stays, and who comes and goes between the nodes, is told all."""
    world = World(nursery, seed, slow=0.05)
    nodes = await world.start("n1", "n2", "n3")
    stays = [await enter(node) for node in nodes]
    for node in nodes:
        node.link.loses_answers = 0.1
    roams, heard = await enter(nodes[1], stays[0].mark), list[str]()
    for number in range(40):
        await name(world.rng.choice(nodes), f"n{number}")
        await trio.sleep(world.rng.random() / 5)
        if number % 8 == 7:
            await roams.leave()
            heard += names(roams)
            roams = await enter(world.rng.choice(nodes), roams.mark)
    for node in nodes:
        node.link.loses_answers = 0.0
    await trio.sleep(20)
    told = [names(listener) for listener in stays] + [heard + names(roams)]
    assert [[f"n{number}" for number in range(40)]] * 4 == [_once(one) for one in told]
    assert all("gap" not in listener.said for listener in (*stays, roams))


def _once(told: list[str]) -> list[str]:
    """Without what was said again because the answer to it was lost, next to what it repeats."""
    return [text for at, text in enumerate(told) if at == 0 or told[at - 1] != text]


async def test_a_store_that_forgot_is_a_gap(world: World, autojump_clock: Clock) -> None:
    """To those who are there and to those who come back; then it goes on."""
    one, two = await world.start("n1", "n2")
    phone = await enter(one)
    await name(one, "a")
    await trio.sleep(1)
    world.forget()
    await trio.sleep(30)
    assert phone.said[-1] == "gap"
    again = await enter(two, phone.frames[1]["id"])  # type: ignore[arg-type]  # JSON
    assert again.said == ["hello", "gap", "live"]
    await name(two, "b")
    await trio.sleep(1)
    assert (names(phone), names(again)) == (["a", "b"], ["b"])
