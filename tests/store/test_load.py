"""Many at once: exact bookings, and a cost that does not grow with the pool (issue 2)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import trio

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Host, Leases
from matchd.store.ports import Claimed, Nobody
from tests.store.backends import BACKENDS
from tests.store.house import LEASES, House, wish


async def test_10_000_finds_for_100_slots(house: House) -> None:
    """10,000 concurrent finds for 100 slots make exactly 100 bookings, no slot twice."""
    house.every = 1000
    for number in range(40):
        await house.beaten(f"h{number}", capacity=1 + number % 4)
    answers: list[object] = []

    async def find() -> None:
        answers.append(await house.find())

    async with trio.open_nursery() as finds:
        for _ in range(10_000):
            finds.start_soon(find)
    assert sum(isinstance(answer, Claimed) for answer in answers) == 100
    assert sum(isinstance(answer, Nobody) for answer in answers) == 9_900
    views = await house.store.hosts.page(None, 99, house.now)
    assert [len(view.bookings) for view in views] == [view.host.capacity for view in views]
    assert await house.store.violations() == ()


async def test_many_waiters_are_served_in_order(house: House) -> None:
    """1,000 waiters of one region get 1,000 slots in the order they came."""
    house.every = 200
    waiting = [(await house.queue(wish("eu"))).booking.id for _ in range(1000)]
    served: list[str] = []
    for number in range(10):
        view = (await house.beaten(f"h{number}", capacity=100)).view
        served += [booking.id for booking in view.bookings]
    assert served == waiting


class CountingRandom(random.Random):
    """Counts the numbers drawn."""

    drawn = 0

    def randrange(self, *args: int) -> int:  # type: ignore[override]  # as it is called here
        """Draw one and count it."""
        self.drawn += 1
        return super().randrange(*args)


async def cost(backend: str, hosts: int, monkeypatch: pytest.MonkeyPatch) -> Sequence[int]:
    """Numbers drawn and hosts looked at by 50 finds among so many hosts."""
    rng, looks = CountingRandom(1), 0
    real = Host.offerable

    def offerable(host: Host, leases: Leases, now: float) -> bool:
        nonlocal looks
        looks += 1
        return real(host, leases, now)

    async with BACKENDS[backend](LEASES, Terms(), rng) as store:
        house = House(store)
        house.every = 10**9
        for number in range(hosts):
            await house.beaten(f"h{number}", region=f"x{number % 7}")
        monkeypatch.setattr(Host, "offerable", offerable)
        for _ in range(50):
            await house.book(wish("x1", ("x1", "x2"), ("x3",)))
        monkeypatch.undo()
    return rng.drawn, looks


@pytest.mark.parametrize("backend", ["embedded", "redis"])  # a cluster runs the same scripts
async def test_cost_of_a_find_does_not_grow(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A find draws as many numbers and looks at as many hosts among 1,000 as among 10,000."""
    costs = {await cost(backend, hosts, monkeypatch) for hosts in (200, 1_000, 10_000)}
    assert len(costs) == 1
    drawn, looks = costs.pop()
    assert drawn <= 50
    assert looks <= 150
