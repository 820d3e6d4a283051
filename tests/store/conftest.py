"""Fixtures of the conformance suite: a house per backend."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from matchd.domain.bookings import Terms
from tests.store.backends import BACKENDS
from tests.store.chatting import Chat
from tests.store.house import LEASES, House
from tests.store.nodes import LEASES as SHIPPED
from tests.store.nodes import NodesHouse
from tests.store.people import KEEPERS, People, opened


@pytest.fixture(params=sorted(BACKENDS))
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """An empty store of each backend, with the default terms and a fixed seed."""
    rng = random.Random(20240513)
    async with BACKENDS[request.param](LEASES, Terms(), rng) as store:
        house = House(store)
        await house.join()
        yield house


@pytest.fixture(params=sorted(BACKENDS))
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[NodesHouse]:
    """An empty store of each backend that no node has joined, with the leases as shipped."""
    rng = random.Random(20240513)
    async with BACKENDS[request.param](SHIPPED, Terms(), rng) as store:
        yield NodesHouse(store)


@pytest.fixture(params=KEEPERS)
async def people(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[People]:
    """An empty store of each backend, the embedded one with and without a file."""
    async with opened(request.param, tmp_path) as store:
        yield People(store)


@pytest.fixture(params=KEEPERS)
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    """Ann, bob, cleo and dan at an empty store of each backend, with one living node."""
    async with opened(request.param, tmp_path) as store:
        chat = Chat(store)
        await chat.join()
        await chat.add_people()
        yield chat
