"""The backends that the conformance suite runs against. A new one adds one factory to `BACKENDS`.

A factory yields an empty store with the given terms whose choices come from the given generator, as
far as the backend makes them itself. Nothing else in `tests/store` may know a backend, except the
tests named after it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Store
from matchd.store.redis import Limits, Options, RedisStore, Target
from tests.store.redis_cluster import shared_cluster
from tests.store.redis_server import fresh_prefix, shared

Factory = Callable[[Leases, Terms, random.Random], AbstractAsyncContextManager[Store]]


@asynccontextmanager
async def embedded(leases: Leases, terms: Terms, rng: random.Random) -> AsyncIterator[Store]:
    """Everything in this process."""
    yield EmbeddedStore(leases, terms, rng)


def redis(leases: Leases, terms: Terms, rng: random.Random) -> AbstractAsyncContextManager[Store]:
    """A real Redis."""
    return _redis(Target(shared().url), leases, terms, rng)


def cluster(leases: Leases, terms: Terms, rng: random.Random) -> AbstractAsyncContextManager[Store]:
    """A real Redis Cluster of three shards; each store's keys are on one of them, by its prefix."""
    return _redis(shared_cluster().target, leases, terms, rng)


@asynccontextmanager
async def _redis(
    target: Target, leases: Leases, terms: Terms, rng: random.Random
) -> AsyncIterator[Store]:
    """A store that believes the tests' clock. The queue takes the largest crowd of the suite."""
    limits = Limits(queue=20_000, deadline=30.0)
    options = Options(target, fresh_prefix(), trust_caller_clock=True, limits=limits)
    store = RedisStore(options, leases, terms, rng)
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


BACKENDS: dict[str, Factory] = {"embedded": embedded, "redis": redis, "cluster": cluster}
