"""Fixtures of the services' tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest
import trio

from tests.house import House
from tests.services.several import World


@pytest.fixture
async def house() -> House:
    """A house with the settings as shipped."""
    return House()


@pytest.fixture
async def world(nursery: trio.Nursery) -> World:
    """Nodes to be started, which share a store. For tests under the autojump clock."""
    return World(nursery)
