"""Fixtures of the HTTP edge's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest

from tests.house import House
from tests.web.client import Client


@pytest.fixture
async def house() -> House:
    """A house with the settings as shipped."""
    return House()


@pytest.fixture
async def client(house: House) -> Client:
    """A client at the address hosts have in tests."""
    return Client(house)
