"""What the tests of the Redis backend share: a connection that tests hold and let go, and stores."""

from __future__ import annotations

import random
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
import trio

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.errors import StoreUnavailable
from matchd.store.redis import Limits, Options, RedisStore, Target
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.faults import Fault
from matchd.store.redis.link import Command, Reply
from tests.store.house import LEASES, House

QUICK = Limits(first_pause=0.01, longest_pause=0.02)
"""Bounds for tests: attempts to connect follow each other soon."""


class HeldLink:
    """A connection that echoes what it is sent, once it may; it fails when told to.

    `sent` are the pipelines, in order. While held, `send` blocks its thread.
    """

    def __init__(self) -> None:
        self.sent: list[list[Command]] = []
        self.away = False
        self.failing: set[str] = set()
        self.closed = self.opened = 0
        self._held = False
        self._gate = threading.Semaphore(0)
        self._busy = threading.Semaphore(0)

    def hold(self) -> None:
        """From now on `send` waits for `let_one` or `release`."""
        self._held = True

    def let_one(self) -> None:
        """Let one `send` go on; the next one waits again."""
        self._gate.release()

    def release(self) -> None:
        """Let every `send` go on."""
        self._held = False
        self._gate.release()

    async def busy(self) -> None:
        """Wait until one more pipeline is with Redis."""
        await trio.to_thread.run_sync(self._busy.acquire)

    def open(self) -> None:
        """Connect, unless away."""
        if self.away:
            raise Fault("Redis can't be reached", away=True)
        self.opened += 1

    def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Echo the first word of each command, or its failure."""
        self.sent.append(list(commands))
        self._busy.release()
        if self._held:
            self._gate.acquire(timeout=10)
        if self.away or "cut" in self.failing:
            self.failing.discard("cut")
            raise Fault("Redis can't be reached", away=True, done=True)
        return [Fault("no") if word in self.failing else word for word, *_ in commands]

    def close(self) -> None:
        """Count it; whoever is held is let go, as by a closed socket."""
        self.closed += 1
        self.release()

    def wake(self) -> None:
        """Let whoever is held go."""
        self.release()


class Desk:
    """A running batcher over a held link, and what its callers got."""

    def __init__(self, nursery: trio.Nursery, limits: Limits = QUICK) -> None:
        self.link = HeldLink()
        self.batcher = Batcher(lambda: self.link, limits, random.Random(1))
        self.got: dict[str, object] = {}
        self._nursery = nursery

    def ask(self, word: str) -> trio.CancelScope:
        """Call in a task of its own; returns what cancels it."""
        scope = trio.CancelScope()
        self._nursery.start_soon(self._ask, word, scope)
        return scope

    async def queued(self, count: int) -> None:
        """Wait until so many calls are in the queue."""
        await until(lambda: len(self.batcher._queue) == count)

    async def answers(self, count: int) -> None:
        """Wait until so many callers have something."""
        await until(lambda: len(self.got) == count)

    async def _ask(self, word: str, scope: trio.CancelScope) -> None:
        with scope:
            try:
                self.got[word] = await self.batcher.call((word,))
            except Exception as error:
                self.got[word] = error
        if scope.cancelled_caught:
            self.got[word] = "cancelled"


async def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until a condition holds that other tasks, threads or processes bring about."""
    with trio.fail_after(seconds):
        while not holds():  # noqa: ASYNC110  # threads bring it about
            await trio.sleep(0.001)


async def ready(store: RedisStore) -> None:
    """Wait until the store can be used."""
    with trio.fail_after(10):
        while await store.ready() is not None:  # noqa: ASYNC110  # Redis brings it about
            await trio.sleep(0.005)


async def away(store: RedisStore, reason: str = "") -> str:
    """Wait until the store has given its connection up for this reason; returns the whole sentence.

    One failed call is not enough: if Redis were back at once, the calls after it would be served.
    """
    with trio.move_on_after(10):
        while reason not in (fault := str(store._batcher.fault or "")) or not fault:
            await store.ready()
            await trio.sleep(0.005)
        return fault
    raise AssertionError(f"{reason or 'away'}: not said, but {store._batcher.fault}")


@asynccontextmanager
async def opened(
    where: str | Target,
    prefix: str = "t",
    limits: Limits = QUICK,
    *,
    leases: Leases = LEASES,
    trust: bool = False,
) -> AsyncIterator[RedisStore]:
    """A running store, in Redis' own time unless the callers' is trusted."""
    target = Target(where) if isinstance(where, str) else where
    options = Options(target, prefix, trust, limits)
    store = RedisStore(options, leases, Terms(), random.Random(1))
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


async def lives(where: str | Target) -> None:
    """A host beats, is booked and met on this Redis."""
    async with opened(where) as store:
        await ready(store)  # a cluster is down for its first two seconds
        house = House(store)
        await house.beaten()
        await house.meet((await house.book()).id)
        assert (await store.hosts.counts()).connected == 1


def events(logs: list[structlog.typing.EventDict]) -> list[str]:
    """The names of logged events, in order."""
    return [str(entry["event"]) for entry in logs]


async def book_on(house: House, first: int, acknowledged: list[str]) -> None:
    """Book under ids of its own until the store fails."""
    house._made, house.every = first, 10**9
    with suppress(StoreUnavailable):
        while True:
            acknowledged.append((await house.book()).id)


class Load:
    """Four callers who book until `check`, whatever fails.

    `acknowledged` are the bookings they were told of, `refused` what they were told instead.
    """

    def __init__(self, store: RedisStore) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self._store = store
        self._over = False

    async def start(self, nursery: trio.Nursery) -> None:
        """Begin, on three hosts that no test fills."""
        for name in ("h1", "h2", "h3"):
            await House(self._store).beaten(name, capacity=1000)
        for number in range(4):
            nursery.start_soon(self._book, number)
        await self.flows()

    async def flows(self) -> None:
        """Wait until bookings succeed, from now on; a failover takes a second or two."""
        before = len(self.acknowledged)
        await until(lambda: len(self.acknowledged) > before + 20, seconds=30)

    async def refused_with(self, reason: str) -> None:
        """Wait until a caller was refused for this reason."""
        await until(lambda: any(reason in why for why in self.refused))

    async def check(self, told: Sequence[str] = ()) -> None:
        """End it; all that was acknowledged (or `told`) is there and nothing is half done."""
        self._over = True
        expected = set(told or self.acknowledged)
        page = await self._store.bookings.page(None, 9999, 0.0)
        assert expected <= {found.booking.id for found in page}
        assert await self._store.violations() == ()

    async def _book(self, number: int) -> None:
        house = House(self._store)
        house._made, house.every = number * 10**6, 10**9
        while not self._over:
            try:
                self.acknowledged.append((await house.book()).id)
            except StoreUnavailable as error:
                self.refused.append(str(error))
            await trio.sleep(0.01)
