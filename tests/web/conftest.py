"""Fixtures of the HTTP edge's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest

from tests.house import House
from tests.web.client import Client
from tests.ws.conftest import edges

__all__ = ["edges"]

HOT = {
    *("test_callers", "test_games", "test_match", "test_rules"),
    *("test_alive_and_ready", "test_not_ready_says_why", "test_a_viewer_reads_and_changes_nothing"),
    *("test_an_account_with_where_it_is", "test_the_counters"),
    *("test_a_drained_node_takes_no_new_matches", "test_a_flood_of_logins_leaves_finds_alone"),
    "test_the_metrics_show_the_house",
}
"""Modules, and tests of others, that ask hot routes: they run at both edges."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask by the express lane too where there is something to ask there."""
    names = {metafunc.module.__name__.rpartition(".")[2], metafunc.function.__name__}
    if "edge" in metafunc.fixturenames and not HOT.isdisjoint(names):
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
