"""Fixtures of the HTTP edge's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest

from tests.house import House
from tests.web.client import Client

HOT = ("test_callers", "test_games", "test_match", "test_rules")
"""Modules that ask hot routes: their tests run at both edges."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask by the express lane too where there is something to ask there."""
    name = metafunc.module.__name__.rpartition(".")[2]
    if "edge" in metafunc.fixturenames and name in HOT:
        metafunc.parametrize("edge", ["quart", "lane"])


@pytest.fixture
def edge() -> str:
    """Which edge a client asks first."""
    return "quart"


@pytest.fixture
async def house(edge: str) -> House:
    """A house with the settings as shipped."""
    made = House()
    made.has_lane = edge == "lane"
    return made


@pytest.fixture
async def client(house: House) -> Client:
    """A client at the address hosts have in tests."""
    return Client(house)
