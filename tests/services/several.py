"""Several wired houses that share one store and a bus, both in memory and with switches for faults.

Owns `World`: every node is a `House` behind a `Link` to the one embedded store. A link and the bus take
time, drawn from a seed, so that whatever may overtake does. A node can be killed, paused or cut off; a
letter or an answer can be lost; the store can forget everything. Sockets that are closed leave by
themselves, as the edge sees to it.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import trio
from msgspec.structs import replace

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.domain.ids import Address, NodeId
from matchd.errors import Refusal, StoreUnavailable
from matchd.protocol.bookings import MatchFound
from matchd.protocol.news import Close, News
from matchd.services.session import Session
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Ear, Leased, Store
from tests.house import EPOCH, SECRET, House, Outbox


class Link:
    """A node's way to the store: it may be cut, an answer may be lost, and it takes its time."""

    def __init__(self, world: World, node: Node) -> None:
        self.contact = 1
        self.cut = False
        self.loses_answers = 0.0
        self._world = world
        self._node = node
        self.bus = LetterBus(world, node)
        self.hosts, self.bookings = Port(self, "hosts"), Port(self, "bookings")
        self.rooms, self.nodes = Port(self, "rooms"), Port(self, "nodes")
        self.groups, self.events = Port(self, "groups"), Port(self, "events")
        self.lobbies = Port(self, "lobbies")
        self.queue, self.games = Port(self, "queue"), Port(self, "games")
        self.chat, self.reports = Port(self, "chat"), Port(self, "reports")
        self.journal = Port(self, "journal")

    async def sweep(self, now: float) -> object:
        """Sweep the store."""
        return await self.call(lambda: self._world.store.sweep(now))

    async def ready(self) -> str | None:
        """Why the store can't be used now."""
        return "cut" if self.cut else None

    async def call(self, act: Callable[[], Awaitable[object]]) -> object:
        """One call: there, done at once, and back, unless something is in the way."""
        world, contact = self._world, self.contact
        await self._node.awake.wait()
        await trio.sleep(world.delay())
        if self._is_broken(contact):
            raise StoreUnavailable("cut", retry_after=1)
        answer = await act()
        await trio.sleep(world.delay())
        await self._node.awake.wait()
        if self._is_broken(contact) or world.rng.random() < self.loses_answers:
            raise StoreUnavailable("the answer was lost", retry_after=1, unsure=True)
        if isinstance(answer, Leased):
            answer = replace(answer, memory=world.memory, contact=self.contact)
        return answer

    def _is_broken(self, contact: int) -> bool:
        return self.cut or contact != self.contact


class Port:
    """One noun of the store, as a node reaches it."""

    def __init__(self, link: Link, noun: str) -> None:
        self._link = link
        self._noun = noun

    @property
    def contact(self) -> int:
        """How often the store was reached anew."""
        return self._link.contact

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[object]]:
        def call(*given: object, **named: object) -> Awaitable[object]:
            world = self._link._world
            return self._link.call(
                lambda: getattr(getattr(world.store, self._noun), verb)(*given, **named)
            )

        return call


class LetterBus:
    """A node's end of the bus. Letters of one sender to one receiver arrive in order, or not at all."""

    fault: str | None = None

    def __init__(self, world: World, node: Node) -> None:
        self._world = world
        self._node = node
        self._queues: dict[NodeId, deque[tuple[Address, News]]] = {}
        self._arrivals: dict[NodeId, float] = {}

    def send(self, sender: NodeId, address: Address, news: News) -> None:
        """Send it on its way; what is lost is found missing a second later."""
        world = self._world
        if self._node.link.cut or world.rng.random() < world.loses_letters:
            world.nursery.start_soon(self._miss, address.node)
            return
        self._queues.setdefault(address.node, deque()).append((address, news))
        due = max(self._arrivals.get(address.node, 0.0), trio.current_time() + world.delay())
        self._arrivals[address.node] = due
        world.nursery.start_soon(self._arrive, sender, address.node, due)

    def forget(self, node: NodeId) -> None:
        """Nothing is kept about anybody."""

    async def listen(self, node: NodeId, ear: Ear) -> None:
        """Hear what is for this id while the link stands."""
        while True:
            await self._node.settled(cut=False)
            self._world.ears[node] = ear
            ear.missed()
            try:
                await self._node.settled(cut=True)
            finally:
                del self._world.ears[node]

    async def _arrive(self, sender: NodeId, receiver: NodeId, due: float) -> None:
        await trio.sleep_until(due)
        await self._world.awake(receiver)
        address, news = self._queues[receiver].popleft()
        if receiver in self._world.ears:
            self._world.ears[receiver].hear(sender, address, news)

    async def _miss(self, receiver: NodeId) -> None:
        await trio.sleep(1)
        await self._node.settled(cut=False)
        await self._world.awake(receiver)
        if receiver in self._world.ears:
            self._world.ears[receiver].missed()


class Node:
    """A process: its house, its link and its tasks."""

    def __init__(self, world: World, name: str) -> None:
        self.alive = True
        self.awake = trio.Event()
        self.awake.set()
        self.link = Link(world, self)
        self.house = House(store=cast("Store", self.link), node=name, people=world.people)
        self.house.wall_offset = self.house.clock._offset = world.offset
        self.scope = trio.CancelScope()
        self._turned = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """What a daemon runs, until killed."""
        nodes = self.house.nodes
        task_status.started()
        with self.scope:
            await nodes.tick()
            async with trio.open_nursery() as nursery:
                own = (nodes.run, nodes.tend, nodes.listen, nodes.mend)
                lobbies = (self.house.lobbies.feed.run, self.house.lobbies.teller.run)
                others = (*lobbies, *self.house.told.tasks, *self.house.play.tasks)
                for task in (*own, *others):
                    nursery.start_soon(task)

    async def settled(self, *, cut: bool) -> None:
        """Wait until the link is cut, or whole."""
        while self.link.cut is not cut:
            await self._turned.wait()

    def cut(self) -> None:
        """Cut the link to the store and the bus."""
        self.link.cut = True
        self._turn()

    def heal(self) -> None:
        """Make it whole: the store is reached anew."""
        self.link.contact += self.link.cut
        self.link.cut = False
        self._turn()

    def pause(self) -> None:
        """Stop it as SIGSTOP does: nothing it does or hears gets through."""
        if self.awake.is_set():
            self.awake = trio.Event()

    def resume(self) -> None:
        """Go on."""
        self.awake.set()

    def kill(self) -> None:
        """End it without a word."""
        self.alive = False
        self.scope.cancel()
        self.resume()

    def _turn(self) -> None:
        self._turned.set()
        self._turned = trio.Event()


class Wire(Outbox):
    """A socket's outbox; a close is answered by leaving, as the edge sees to it."""

    def __init__(self, world: World, node: Node) -> None:
        super().__init__()
        self.node = node
        self._world = world
        self.session: Session | None = None

    def close(self, code: Close, reason: str) -> None:
        """Record the first close, and leave."""
        if self.closed is None and self.session is not None:
            self._world.nursery.start_soon(self._world.leave, self)
        super().close(code, reason)

    @property
    def peers(self) -> list[tuple[str, str]]:
        """Who came and went, in order, as a host sees it."""
        words = ("peer-joined", "peer-disconnected")
        return [
            (said, str(frame["peer"]))
            for frame, said in zip(self.frames, self.said, strict=True)
            if said in words and "peer" in frame
        ]


class World:
    """Nodes, their store, and what is in the way."""

    def __init__(self, nursery: trio.Nursery, seed: int = 0, *, slow: float = 0.0) -> None:
        self.nursery = nursery
        self.offset = EPOCH - trio.current_time()
        self.rng = random.Random(seed)
        self.slow = slow
        self.loses_letters = 0.0
        self.ears: dict[NodeId, Ear] = {}
        self.nodes: list[Node] = []
        self.wires: list[Wire] = []
        self.people = EmbeddedStore(Leases(), Terms(), random.Random(7))
        self.forget()

    def delay(self) -> float:
        """How long a way takes now: mostly next to nothing, sometimes long."""
        return self.rng.expovariate(1) * self.slow

    def forget(self) -> None:
        """The store loses everything; who was connected to it is connected anew."""
        self.store = EmbeddedStore(Leases(), Terms(), random.Random(7))
        self.memory = f"memory {self.rng.random()}"
        for node in self.nodes:
            node.link.contact += 1

    async def start(self, *names: str) -> tuple[Node, ...]:
        """Start nodes."""
        started = tuple(self.node(name) for name in names)
        for node in started:
            await self.nursery.start(node.run)
        await trio.sleep(0 if self.slow else 0.001)
        return started

    def node(self, name: str) -> Node:
        """A node that is not started yet."""
        node = Node(self, name)
        self.nodes.append(node)
        return node

    async def awake(self, node_id: NodeId) -> None:
        """Wait until the node of this id goes on."""
        for node in self.nodes:
            if node.house.hub.node == node_id:
                await node.awake.wait()

    async def enter(self, node: Node, room: str = "r-h1", **presented: Any) -> Wire:
        """A socket enters a room by a node."""
        wire = Wire(self, node)
        wire.session = await node.house.rooms.enter(node.house.request(room, **presented), wire)
        if not node.alive:
            raise StoreUnavailable("killed", retry_after=1)
        self.wires.append(wire)
        if wire.closed is not None:
            self.nursery.start_soon(self.leave, wire)
        return wire

    async def host(self, node: Node, room: str = "r-h1") -> Wire:
        """A host's socket with the shared secret."""
        return await self.enter(node, room, bearer=SECRET)

    async def player(self, node: Node, found: MatchFound) -> Wire:
        """The player of a match."""
        return await self.enter(node, found.room_id, grant=found.grant)

    async def leave(self, wire: Wire) -> None:
        """A socket's end has come; on a node that is dead nobody sees to it."""
        assert wire.session is not None
        if wire in self.wires:
            self.wires.remove(wire)
            await wire.node.awake.wait()
            if wire.node.alive:
                await wire.node.house.rooms.leave(wire.session)

    def kill(self, node: Node) -> None:
        """A node and its sockets are gone."""
        node.kill()
        self.wires = [wire for wire in self.wires if wire.node is not node]

    @property
    def here(self) -> set[Address]:
        """The sockets that are open."""
        return {wire.session.address for wire in self.wires if wire.session is not None}

    async def ghosts(self) -> set[Address]:
        """Sockets the store knows that are not there, and those there that it does not know."""
        rooms = await self.store.rooms.page(None, 999)
        return {address for room in rooms for address in room.addresses} ^ self.here


def session_of(wire: Wire) -> Session:
    """The session of a socket that was let in."""
    assert wire.session is not None
    return wire.session


async def quietly(act: Awaitable[object]) -> Any:
    """The answer, or None where the caller would have been refused."""
    try:
        return await act
    except Refusal:
        return None
