"""Fixtures of the conformance suite: a house per backend."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from matchd.domain.bookings import Terms
from tests.store.backends import BACKENDS
from tests.store.house import LEASES, House


@pytest.fixture(params=sorted(BACKENDS))
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """An empty store of each backend, with the default terms and a fixed seed."""
    rng = random.Random(20240513)
    async with BACKENDS[request.param](LEASES, Terms(), rng) as store:
        house = House(store)
        await house.join()
        yield house
