"""Three nodes in random weather: each host sees things in order, and at rest all know who is there.

Each seed is one run in virtual time. While it lasts, players and hosts come and go, nodes are killed,
paused, cut off and replaced, letters and answers are lost, and the store forgets everything. Then the
weather clears; 30 seconds later no trace of it may be left.
"""

from __future__ import annotations

import random

import pytest
import trio
import trio.testing

from matchd.domain.rooms import Side
from tests.services.several import Node, Wire, World, quietly, session_of
from tests.thorough import TIMES

HOSTS = ("h1", "h2")


class Scenario:
    """One run: its world, its hosts, and what it does next."""

    def __init__(self, nursery: trio.Nursery, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World(nursery, seed, slow=self.rng.choice((0.0, 0.005, 0.05)))
        self.seen: list[Wire] = []
        self.clear = False
        self._started = 0
        self._players = 0

    @property
    def living(self) -> list[Node]:
        """The nodes that run."""
        return [node for node in self.world.nodes if node.alive]

    async def start_node(self) -> None:
        """One more node."""
        self._started += 1
        await self.world.start(f"n{self._started}")

    async def beat(self, host: str) -> None:
        """A host that beats every 7 s at any node, as long as the run lasts."""
        while True:
            node = self.rng.choice(self.living)
            with trio.move_on_after(2):
                await quietly(node.house.beat(host, capacity=4))
            await trio.sleep(7)

    async def act(self) -> None:
        """Something that people do, in a task of its own, as they do."""
        node, kind = self.rng.choice(self.living), self.rng.random()
        if kind < 0.2:
            await self._take(self.world.host(node, f"r-{self.rng.choice(HOSTS)}"))
        elif kind < 0.3:
            await self._take(self.world.enter(node, f"r-{self.rng.choice(HOSTS)}"))
        elif kind < 0.7:
            self._players += 1
            caller = node.house.player(f"u_{self._players}")
            found = await quietly(node.house.find(caller))
            if found is not None:
                other = self.rng.choice(self.living)
                await self._take(self.world.player(other, found))
        elif self.world.wires:
            await self.world.leave(self.rng.choice(self.world.wires))

    async def _take(self, entering: object) -> None:
        with trio.move_on_after(4):
            wire = await quietly(entering)  # type: ignore[arg-type]  # a call just made
            if wire is not None:
                self.seen.append(wire)

    async def spoil(self) -> None:
        """A fault, and some seconds later its end."""
        node, kind = self.rng.choice(self.living), self.rng.randrange(7)
        seconds = self.rng.uniform(0.2, 16)
        match kind:
            case 0 if len(self.living) > 1:
                self.world.kill(node)
                await self.start_node()
            case 1:
                node.pause()
                await trio.sleep(seconds)
                node.resume()
            case 2:
                node.cut()
                await trio.sleep(seconds)
                node.heal()
            case 3:
                self.world.loses_letters = 0.3
                await trio.sleep(seconds)
                self.world.loses_letters = 0.0
            case 4:
                node.link.loses_answers = 0.3
                await trio.sleep(seconds)
                node.link.loses_answers = 0.0
            case 5:
                self.world.forget()

    async def run(self, nursery: trio.Nursery) -> None:
        """A minute of weather, then 30 seconds of rest."""
        for _ in range(3):
            await self.start_node()
        for host in HOSTS:
            nursery.start_soon(self.beat, host)
        async with trio.open_nursery() as busy:
            for _ in range(self.rng.randint(10, 60)):
                busy.start_soon(self.act if self.rng.random() < 0.85 else self.spoil)
                await trio.sleep(self.rng.choice((0.0, 0.1, 0.5, 2.0)))
        await trio.sleep(30)


def check_order(wire: Wire) -> None:
    """Never gone before here, never here twice without gone between."""
    here: set[str] = set()
    for word, peer in wire.peers:
        assert (word == "peer-joined") != (peer in here), (peer, wire.peers)
        here ^= {peer}


async def troubles(world: World) -> list[str]:
    """What is not as it should be at rest: who is across, and what the store knows of who is there."""
    ghosts = await world.ghosts()
    found = [f"ghosts: {ghosts} of {world.here}"] if ghosts else []
    found += await world.store.violations()
    for room in await world.store.rooms.page(None, 99):
        inside = [session_of(w) for w in world.wires if session_of(w).room_id == room.id]
        players = {s.peer: s.address for s in inside if s.side is Side.PLAYER}
        hosts = [s.address for s in inside if s.side is Side.HOST]
        if hosts != [room.host] * bool(room.host):
            found.append(f"the host of {room.id}: {hosts}, and in the store {room.host}")
        for session in inside:
            if session.side is Side.HOST:
                seats = {p: seat.player for p, seat in session._seats.items()}
                if seats != players:
                    found.append(f"{session.address} sees {seats}, and there are {players}")
            elif session.side is Side.PLAYER and session._host != room.host:
                found.append(f"{session.address} sees the host {session._host}, not {room.host}")
    return found


async def check_rest(world: World) -> None:
    """Everybody knows exactly who is across, and the store knows who is there. Leases go on ending and
    candidates being recognised, so a moment in which one comes or goes does not count.
    """
    for _ in range(9):
        found = await troubles(world)
        if not found:
            return
        await trio.sleep(0.3)
    raise AssertionError(found)


async def run(seed: int) -> None:
    """One seed."""
    async with trio.open_nursery() as nursery:
        scenario = Scenario(nursery, seed)
        await scenario.run(nursery)
        for wire in scenario.seen:
            check_order(wire)
        await check_rest(scenario.world)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("first", range(0, 40 * TIMES, 10))
async def test_any_weather(first: int, autojump_clock: trio.testing.MockClock) -> None:
    """Ten runs each: the rules of wire.md 3 hold for every host, and nothing stays behind."""
    for seed in range(first, first + 10):
        await run(seed)
