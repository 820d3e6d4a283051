"""Both stores give the same answers to the same steps, to the last field and in the same order.

The one thing they may differ in, the choice among several free hosts, is left out: each host has a
region of its own and every wish names one region or one host.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases, Status
from matchd.domain.ids import HostId, NodeId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Leased
from tests.redis.house import opened
from tests.store.house import LEASES, House, grant_of, socket, wish
from tests.store.nodes import LEASES as SHIPPED
from tests.store.nodes import forgotten
from tests.store.redis_server import RedisServer, fresh_prefix

HOSTS = ("h1", "h2", "h3")
REGIONS = {"h1": "eu", "h2": "us", "h3": "moon"}
Do = Callable[[House], Awaitable[object]]


class Script:
    """Draws steps; a step does the same to whichever house it is given."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.made = self.sockets = 0
        self.nodes = ["n1"]

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


class NodesScript(Script):
    """Nodes too, which renew or don't, die, part and come anew, and sockets that affirm."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.nodes = ["n1", "n2", "n3"]
        self.kinds: dict[int, tuple[str, RoomId, str]] = {}

    def step(self) -> Do:
        """The next step."""
        drawn = self.rng.random()
        if drawn < 0.25:
            return self._affirm()
        if drawn < 0.4:
            return self._node()
        return super().step()

    def _room(self) -> Do:
        self.sockets += 1
        number, room, booking = self.sockets, RoomId(self._a_room()), self._a_booking()
        where = socket(number, self.rng.choice(self.nodes))
        peer, kind = PeerId(f"p{number}"), self.rng.choice(("host", "player", "player", "outside"))
        self.kinds[number] = kind, room, where.node
        if kind == "host":
            return lambda house: house.store.rooms.enter_host(room, None, where, house.now)
        if kind == "outside":
            return lambda house: house.store.rooms.wait_outside(room, "net", where, house.now)
        grant = grant_of(booking)
        return lambda house: house.store.rooms.enter_player(room, grant, peer, where, house.now)

    def _affirm(self) -> Do:
        number = self.rng.randint(max(1, self.sockets - 8), max(1, self.sockets))
        if number not in self.kinds:
            return self._room()
        kind, room, node = self.kinds[number]
        where, host = socket(number, node), HostId(room.replace("r", "h"))
        if self.rng.random() < 0.3:
            return lambda house: house.store.rooms.leave(room, where, house.now)
        if kind == "host":
            named = self.rng.choice((None, host))
            return lambda house: house.store.rooms.affirm_host(room, named, where, house.now)
        if kind == "outside":
            outside = Candidate(where, "net", 0.0)
            return lambda house: house.store.rooms.affirm_candidate(room, outside, house.now)
        known = self.made and self.rng.random() < 0.6
        name = f"b{self.rng.randint(1, self.made)}" if known else f"x{number}"
        told = {"host_id": host, "room_id": room, "region": REGIONS[host], "vouched": False}
        booking = forgotten(name, who=self.rng.choice(("ann", "bob", f"p{number}")), **told)
        place = Place(PeerId(f"p{number}"), where, booking.id)
        return lambda house: house.store.rooms.affirm_player(room, place, booking, house.now)

    def _node(self) -> Do:
        at = self.rng.randrange(3)
        node, drawn = NodeId(self.nodes[at]), self.rng.random()
        if drawn < 0.7:
            return lambda house: house.store.nodes.renew(node, house.now)
        if drawn < 0.8:
            return lambda house: house.store.nodes.part(node, house.now)
        if drawn < 0.9:
            self.nodes[at] = node = NodeId(f"n{int(node[1:]) + 3}")
        family = self.rng.choice(("family", "family", "other"))
        return lambda house: house.store.nodes.join(node, family, house.now)

    def _time(self) -> Do:
        seconds = self.rng.choice((0.1, 0.9, 2.9, 3.3, 9.7, 31.0))
        renewed = self.rng.sample(self.nodes, self.rng.randint(0, 3))

        async def pass_time(house: House) -> object:
            for node in renewed:
                await house.store.nodes.renew(NodeId(node), house.now)
            return await house.after(seconds)

        return pass_time


async def everything(house: House) -> tuple[object, ...]:
    """All that a store can be asked for."""
    store, now = house.store, house.now
    return (
        await store.hosts.page(None, 99, now),
        await store.bookings.page(None, 999, now),
        await store.rooms.page(None, 99),
        await store.hosts.counts(),
    )


async def compare(server: RedisServer, script: Script, leases: Leases) -> None:
    """Take 250 steps with both stores."""
    ours = House(EmbeddedStore(leases, Terms(), random.Random(1)))
    async with opened(server.url, fresh_prefix(), leases=leases, trust=True) as store:
        theirs = House(store)
        for node in script.nodes:
            await ours.join(node)
            await theirs.join(node)
        for _ in range(250):
            ours.now = theirs.now = ours.now + 0.013
            step = script.step()
            mine, other = await step(ours), await step(theirs)
            if isinstance(mine, Leased) and isinstance(other, Leased):
                mine, other = (mine.known, mine.nodes), (other.known, other.nodes)
            assert mine == other
            assert await everything(ours) == await everything(theirs)
            assert await ours.store.violations() == await theirs.store.violations() == ()


@pytest.mark.parametrize("seed", range(4))
async def test_twins(server: RedisServer, seed: int) -> None:
    """250 steps in any order have the same answers and leave the same behind."""
    await compare(server, Script(seed), LEASES)


@pytest.mark.parametrize("seed", range(6))
async def test_twins_with_nodes(server: RedisServer, seed: int) -> None:
    """So have 250 steps during which nodes die, part, join, and sockets say where they are."""
    await compare(server, NodesScript(seed), SHIPPED)
