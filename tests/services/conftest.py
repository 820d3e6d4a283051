"""Fixtures of the services' tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from matchd.services.chat import ChatService
from tests.house import House
from tests.services.chatting import Talk, talk
from tests.services.several import World


@pytest.fixture
async def house() -> House:
    """A house with the settings as shipped."""
    return House()


@pytest.fixture
async def world(nursery: trio.Nursery) -> World:
    """Nodes to be started, which share a store. For tests under the autojump clock."""
    return World(nursery)


@pytest.fixture
async def chat(house: House) -> AsyncIterator[Talk]:
    """Ann, bob and cleo, and a room `tea` of ann and bob."""
    async with talk(house) as one:
        await one.room("tea", "ann", "bob")
        yield one


@pytest.fixture
def rooms(house: House) -> ChatService:
    """What the routes call."""
    return house.chat.services.rooms
