"""Several nodes on one Redis: exact bookings, each end told once, and clocks that differ."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import trio

from matchd.domain.happenings import HostGone
from matchd.store.ports import Claimed, Nobody
from tests.redis.house import opened
from tests.store.house import House, over
from tests.store.redis_server import RedisServer, fresh_prefix


@pytest.fixture
async def nodes(server: RedisServer) -> AsyncIterator[list[House]]:
    """Three nodes on one prefix, in the tests' time."""
    prefix = fresh_prefix()
    async with (
        opened(server.url, prefix, trust=True) as one,
        opened(server.url, prefix, trust=True) as two,
        opened(server.url, prefix, trust=True) as three,
    ):
        yield [House(one), House(two), House(three)]


async def test_no_slot_twice(nodes: list[House]) -> None:
    """600 finds at three nodes at once for 50 slots make exactly 50 bookings."""
    for number in range(20):
        await nodes[0].beaten(f"h{number}", capacity=1 + number % 4)
    answers: Counter[type] = Counter()

    async def find(house: House, number: int) -> None:
        house._made = number
        answers[type(await house.find())] += 1

    async with trio.open_nursery() as finds:
        for number in range(600):
            nodes[number % 3].every = 10**9
            finds.start_soon(find, nodes[number % 3], number)
    assert answers == {Claimed: 50, Nobody: 550}
    assert await nodes[0].store.violations() == ()


async def test_each_end_is_told_once(nodes: list[House]) -> None:
    """Three nodes that sweep at once tell of each lapse and each lost host exactly once."""
    for number in range(60):
        await nodes[number % 3].beaten(f"h{number}")
    told: list[str] = []

    async def sweep(house: House) -> None:
        for happening in await house.after(30):
            assert isinstance(happening, HostGone)
            told.append(happening.host_id)

    async with trio.open_nursery() as sweeps:
        for house in nodes:
            sweeps.start_soon(sweep, house)
    assert sorted(told) == sorted(f"h{number}" for number in range(60))


async def test_nodes_see_one_pool(nodes: list[House]) -> None:
    """What is claimed at one node is released at another and serves a waiter of the third."""
    await nodes[0].beaten()
    booking = await nodes[1].book()
    nodes[2]._made = 100
    waiting = (await nodes[2].queue()).booking.id
    freed = await nodes[0].release(booking.id)
    assert over(freed or ())[0][0] == booking.id
    assert (await nodes[1].state(waiting))[0].value == "held"


@pytest.mark.parametrize("skew", [-5.0, 5.0, 86_400.0])
async def test_clock_of_a_node_does_not_matter(server: RedisServer, skew: float) -> None:
    """A node whose clock is off expires nothing early, and tells times in its own clock."""
    prefix = fresh_prefix()
    async with opened(server.url, prefix) as one, opened(server.url, prefix) as two:
        right, wrong = House(one), House(two)
        right.now = time.time()
        wrong.now = right.now + skew
        await right.beaten()
        booking = await wrong.book()
        assert await wrong.store.sweep(wrong.now + 1000) == ()
        found = await wrong.look(booking.id)
        view = await wrong.host()
        assert found is not None
        assert found.expires_at is not None
        assert (view.offered, found.booking.connected_at) == (True, 0.0)
        for moment in (found.expires_at - 20, found.booking.claimed_at, view.host.seen_at):
            assert abs(moment - wrong.now) < 15
        assert view.deadlines == (view.bookings[0].claimed_at + 20,)
