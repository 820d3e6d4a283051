"""Both stores give the same answers to the same steps, to the last field and in the same order.

The one thing they may differ in, the choice among several free hosts, is left out: each host has a
region of its own and every wish names one region or one host.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Status
from matchd.domain.ids import PeerId, RoomId
from matchd.store.embedded import EmbeddedStore
from tests.redis.house import opened
from tests.store.house import LEASES, House, socket, wish
from tests.store.redis_server import RedisServer, fresh_prefix

HOSTS = ("h1", "h2", "h3")
REGIONS = {"h1": "eu", "h2": "us", "h3": "moon"}
Do = Callable[[House], Awaitable[object]]


class Script:
    """Draws steps; a step does the same to whichever house it is given."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.made = self.sockets = 0

    def step(self) -> Do:
        """The next step."""
        kinds = (self._beat, self._beat, self._find, self._find, self._booking, self._room)
        kind = self.rng.choice((*kinds, self._room, self._host, self._time))
        return kind()

    def _status(self) -> Status | None:
        return self.rng.choice((None, Status.IDLE, Status.BUSY))

    def _a_booking(self) -> str:
        return f"b{self.rng.randint(1, self.made + 1)}"

    def _a_room(self) -> str:
        return self.rng.choice(("r1", "r2", "r3"))

    def _beat(self) -> Do:
        rng, host, status = self.rng, self.rng.choice(HOSTS), self._status()
        said = {
            "room": self._a_room() if rng.random() < 0.1 else None,
            "capacity": rng.randint(1, 3),
            "slots": rng.choice((None, 0, 1, 2)),
            "booking": self._a_booking() if rng.random() < 0.3 else None,
            "game": rng.choice((None, "go")),
            "network": rng.choice(("", "net")),
            "region": REGIONS[host],
        }
        return lambda house: house.beat(host, status, **said)  # type: ignore[arg-type]  # as named

    def _find(self) -> Do:
        rng = self.rng
        self.made += 1
        region, named = rng.choice(("eu", "us", "moon")), rng.choice((None, None, *HOSTS))
        wanted = wish(None if named else region, host=named, game=rng.choice((None, "go")))
        told = {
            "who": rng.choice((None, "ann", "bob")),
            "guest": rng.choice((None, None, "a")),
            "waits": rng.random() < 0.6,
            "key": rng.choice((None, "k")),
            "body": rng.choice(("", "x")),
            "waiter": rng.choice((None, 7)),
        }
        return lambda house: house.find(wanted, **told)  # type: ignore[arg-type]  # as named

    def _booking(self) -> Do:
        booking = self._a_booking()
        steps: tuple[Do, ...] = (
            lambda house: house.poll(booking, 8),
            lambda house: house.look(booking),
            lambda house: house.release(booking),
            lambda house: house.leave_line(booking),
        )
        return self.rng.choice(steps)

    def _room(self) -> Do:
        self.sockets += 1
        room, number, booking = self._a_room(), self.sockets, self._a_booking()
        former = self.rng.randint(max(1, number - 8), number)
        key, peer = RoomId(room), PeerId(f"p{number}")
        steps: tuple[Do, ...] = (
            lambda house: house.host_enters(number, room),
            lambda house: house.try_to_enter(booking, number, room),
            lambda house: house.try_to_enter(booking, number, room),
            lambda house: house.store.rooms.enter_anyone(key, peer, socket(number), house.now),
            lambda house: house.store.rooms.wait_outside(key, "net", socket(number), house.now),
            lambda house: house.leaves(former, room),
            lambda house: house.leaves(former, room),
        )
        return self.rng.choice(steps)

    def _host(self) -> Do:
        host, booking = self.rng.choice(HOSTS), self.rng.choice((None, self._a_booking()))
        status = self.rng.choice((Status.IDLE, Status.BUSY))
        if self.rng.random() < 0.2:
            return lambda house: house.goodbye(host)
        return lambda house: house.say(status, booking, host)

    def _time(self) -> Do:
        seconds = self.rng.choice((0.1, 3.3, 9.7, 14.9, 31.0))
        return lambda house: house.after(seconds)


async def everything(house: House) -> tuple[object, ...]:
    """All that a store can be asked for."""
    store, now = house.store, house.now
    return (
        await store.hosts.page(None, 99, now),
        await store.bookings.page(None, 999, now),
        await store.rooms.page(None, 99),
        await store.hosts.counts(),
    )


@pytest.mark.parametrize("seed", range(4))
async def test_twins(server: RedisServer, seed: int) -> None:
    """250 steps in any order have the same answers and leave the same behind."""
    ours = House(EmbeddedStore(LEASES, Terms(), random.Random(1)))
    async with opened(server.url, fresh_prefix(), trust=True) as store:
        theirs, script = House(store), Script(seed)
        await ours.join()
        await theirs.join()
        for _ in range(250):
            ours.now = theirs.now = ours.now + 0.013
            step = script.step()
            assert await step(ours) == await step(theirs)
            assert await everything(ours) == await everything(theirs)
