"""What players in the queue are told on their event sockets, whoever was to tell it (wire.md 6, 8)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from matchd.domain.queue import LEASE
from matchd.errors import NotQueued, StoreUnavailable
from matchd.protocol.games import Matched
from matchd.services.queue_keeper import RENEW, SAY
from tests.house import House
from tests.play import RATED, TEAMS, who
from tests.services.listening import Listener, listen
from tests.services.playing import Hall, hall
from tests.services.several import Node, World
from tests.store.people import account

Clock = trio.testing.MockClock


def told(listener: Listener, kind: str) -> list[dict[str, object]]:
    """The events of a type."""
    return [event for event in listener.events if event["type"] == kind]


async def test_who_moves_up_is_told(house: House, autojump_clock: Clock) -> None:
    """Where he stands, of how many, and when it is his turn; the one whose place is the same is not."""
    async with hall(house, "ann", "bob", "cid") as here:
        for name in ("ann", "bob", "cid"):
            await here.join(name, mode="teams")
        bob, cid = [await listen(house, who(name)) for name in ("bob", "cid")]
        await trio.sleep(SAY + 1)
        assert told(cid, "queue.position") == []
        await house.queue.leave(house.player(who("bob")))
        await trio.sleep(SAY + 1)
        where = {"queued": True, "position": 2, "size": 2, "etaSeconds": None, "mode": "teams"}
        assert told(cid, "queue.position") == [{"type": "queue.position", **where}]
        assert told(bob, "queue.position") == []


async def test_who_loses_his_place_is_told(house: House, autojump_clock: Clock) -> None:
    """By the lease: he hears of it when he comes back within the time of a replay."""
    async with hall(house, "ann") as here:
        ann = await listen(house, who("ann"))
        mark = ann.mark
        await here.join("ann")
        await ann.leave()
        await trio.sleep(LEASE + 2)
        again = await listen(house, who("ann"), after=mark)
        await trio.sleep(0.1)
        lost = {"type": "queue.position", "queued": False, "reason": "lapsed"}
        assert told(again, "queue.position") == [lost]


async def test_a_mode_that_is_gone_keeps_nobody_waiting(
    house: House, autojump_clock: Clock
) -> None:
    """Once they have waited for a minute, so that nodes may be restarted one after the other."""
    names = ["ann", "bob"]
    async with hall(house, *names) as here:
        sockets = [await listen(house, who(name)) for name in names]
        for name in names:
            await here.join(name, mode="teams")
        house.change(modes={RATED.name: RATED})
        await trio.sleep(LEASE / 2)
        assert (await here.stand(names[0])).queued
        await trio.sleep(LEASE / 2 + 2)
        lost = {"type": "queue.position", "queued": False, "reason": "unknown_mode"}
        assert [told(socket, "queue.position")[-1] for socket in sockets] == [lost, lost]
        with pytest.raises(NotQueued):
            await here.stand(names[0])
        house.change(modes={TEAMS.name: TEAMS})
        assert (await here.join(names[0], mode="teams")).queued


async def two_who_listen(world: World) -> tuple[Hall, list[Node], list[Listener]]:
    """Ann and bob have event sockets at the second of two nodes; ann waits."""
    nodes = await world.start("n1", "n2")
    for name in ("ann", "bob"):
        await world.people.accounts.create(account(name))
    here = Hall(world.nursery, *(node.house for node in nodes))
    sockets = [await listen(nodes[1].house, who(name)) for name in ("ann", "bob")]
    await here.join("ann", 1)
    await trio.sleep(2)  # the first renewal of those who listen is over
    return here, list(nodes), sockets


def speechless(world: World, *, hears: bool) -> Any:
    """A pairing that is done and told to nobody: its answer is lost, or its node never goes on."""

    async def pair(*given: Any, **named: Any) -> None:
        await world.store.queue.pair(*given, **named)
        if not hears:
            await trio.sleep_forever()
        raise StoreUnavailable("the answer was lost", retry_after=1, unsure=True)

    return pair


async def test_a_match_whose_answer_was_lost_is_told(
    world: World, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon, by the node that asked for it, and once; the caller is told to try again."""
    here, nodes, sockets = await two_who_listen(world)
    monkeypatch.setattr(nodes[0].link.queue, "pair", speechless(world, hears=True), raising=False)
    with pytest.raises(StoreUnavailable):
        await here.join("bob", 0)
    await trio.sleep(2)
    stand = await here.stand("bob")
    assert isinstance(stand, Matched)
    assert [[one["game_id"] for one in told(socket, "queue.matched")] for socket in sockets] == [
        [stand.game_id]
    ] * 2


async def test_a_match_whose_node_died_is_told(
    world: World, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the nodes at which its players listen; not to one who has come already."""
    here, nodes, sockets = await two_who_listen(world)
    monkeypatch.setattr(nodes[0].link.queue, "pair", speechless(world, hears=False), raising=False)
    world.nursery.start_soon(here.join, "bob", 0)
    await trio.sleep(0.1)
    world.kill(nodes[0])
    stand = await here.stand("ann", at=1)
    assert isinstance(stand, Matched)
    await here.sit((await here.match_of("ann", 1)), "bob", 1)
    await trio.sleep(RENEW + 2)
    assert [len(told(socket, "queue.matched")) for socket in sockets] == [1, 0]
