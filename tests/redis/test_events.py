"""Events in Redis: the same answers as the embedded store gives, and what is left behind."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable

import pytest

from matchd.domain.bookings import Terms
from matchd.domain.events import KEEP, Presence
from matchd.domain.ids import NodeId
from matchd.errors import StoreUnavailable
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Draft, Entered, Store
from tests.redis.house import opened, ready
from tests.store.house import EPOCH, LEASES, socket
from tests.store.redis_server import RedisServer, fresh_prefix

NODES = ("n1", "n2", "n3")
ACCOUNTS = ("u_ann", "k_bob", "x_corp:kim lee")
SIZES = (2, 2, 900, 30_000)


class Stage:
    """A store, its time, and where the sockets in it stand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = EPOCH
        self.turns: dict[tuple[str, int], int] = {}
        self.places = [5]

    async def enter(self, who: str, node: str, number: int, place: int) -> object:
        """A socket enters, or says that it is there; `place` is where it was at some time."""
        after = self.places[place % len(self.places)] if place % 3 else None
        entered = await self.store.events.enter(
            who,
            socket(number, node),
            after=after,
            turn=self.turns.get((who, number)),
            now=self.now,
        )
        if isinstance(entered, Entered):
            self.turns[who, number] = entered.turn
            self.places.append(entered.position)
        return entered

    async def leave(self, who: str, node: str, number: int) -> None:
        """A socket leaves."""
        where = socket(number, node)
        await self.store.events.leave(who, where, grace=10.0, now=self.now)

    async def join(self, node: str) -> None:
        """A node joins, under an id that may have ended."""
        await self.store.nodes.join(NodeId(node), "family", self.now)

    async def sweep(self) -> object:
        """What nodes do each second; who is away, in any order."""
        await self.store.sweep(self.now)
        gone = await self.store.events.sweep(grace=10.0, now=self.now)
        return sorted(gone.accounts), gone.more


Do = Callable[[Stage], Awaitable[object]]


class Script:
    """Draws steps; a step does the same on whichever stage it is given."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.number = 0

    def step(self) -> Do:
        """The next step."""
        rng = self.rng
        who, node, number = rng.choice(ACCOUNTS), rng.choice(NODES), rng.randrange(12)
        place, presence = rng.randrange(999), rng.choice(list(Presence)[1:])
        self.number += rng.choice((0, 1, 1, 1))
        batch, drafts = self.number, tuple(self._draft() for _ in range(rng.randint(1, 4)))
        steps: tuple[Do, ...] = (
            lambda stage: stage.enter(who, node, number, place),
            lambda stage: stage.enter(who, node, number, place),
            lambda stage: stage.leave(who, node, number),
            lambda stage: stage.store.events.append(NodeId(node), batch, drafts, stage.now),
            lambda stage: stage.store.events.append(NodeId(node), batch, drafts, stage.now),
            lambda stage: stage.store.events.place(who, presence),
            lambda stage: stage.sweep(),
            lambda stage: stage.join(node),
        )
        if rng.random() < 0.03:
            return lambda stage: stage.store.nodes.part(NodeId(node), stage.now)
        return rng.choice(steps)

    def _draft(self) -> Draft:
        told = self.rng.sample(ACCOUNTS, self.rng.randint(1, 3))
        return Draft(tuple(told), "é" * (self.rng.choice(SIZES) // 2))


@pytest.mark.parametrize("seed", range(4))
async def test_twins(server: RedisServer, seed: int) -> None:
    """300 steps in any order have the same answers in both stores."""
    ours = Stage(EmbeddedStore(LEASES, Terms(), random.Random(1)))
    async with opened(server.url, fresh_prefix(), trust=True) as store:
        theirs, script = Stage(store), Script(seed)
        for stage in (ours, theirs):
            for node in NODES:
                await stage.join(node)
        for _ in range(300):
            ours.now = theirs.now = ours.now + script.rng.choice((0.0, 0.013, 7.0, 61.0))
            step = script.step()
            assert await step(ours) == await step(theirs)
            present = [await stage.store.events.present(ACCOUNTS) for stage in (ours, theirs)]
            assert present[0] == present[1]


async def test_nothing_stays_of_somebody(own_server: RedisServer) -> None:
    """After all have left and five minutes have passed; logs expire by themselves."""
    async with opened(own_server.url, trust=True) as store:
        stage, node = Stage(store), NodeId("n1")
        await store.nodes.join(node, "family", stage.now)
        await stage.enter("u_ann", "n1", 1, 0)
        await store.events.append(node, 1, (Draft(("u_ann",), "{}"),), stage.now)
        await stage.leave("u_ann", "n1", 1)
        await store.nodes.part(node, stage.now)
        for _ in range(3):
            stage.now += KEEP + 11
            await stage.sweep()
        keys = set(re.findall(r"\r\n\{t\}:(\S+)\r\n", own_server.command("KEYS", "*").decode()))
        logs = {key for key in keys if key.startswith("events:")}
        assert all(own_server.command("PTTL", "{t}:" + log)[1:2] != b"-" for log in logs)
        assert keys - logs <= {"schema", "pulse", "event_totals"}


async def test_a_redis_that_lost_everything(own_server: RedisServer) -> None:
    """It is said, once; then sockets are known again when they say that they are there."""
    async with opened(own_server.url, trust=True) as store:
        stage, node = Stage(store), NodeId("n1")
        await store.nodes.join(node, "family", stage.now)
        await stage.enter("u_ann", "n1", 1, 0)
        own_server.command("FLUSHALL")
        with pytest.raises(StoreUnavailable, match="lost what matchd kept in it"):
            await stage.enter("u_ann", "n1", 1, 0)
        await ready(store)
        assert await stage.enter("u_ann", "n1", 1, 0) is None
        await store.nodes.join(node, "family", stage.now, again=True)
        again = await stage.enter("u_ann", "n1", 1, 1)
        assert isinstance(again, Entered)
        assert (again.gap, again.appeared, again.turn) == (True, True, stage.turns["u_ann", 1])
