"""Fixtures of the WebSocket edge's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest

from tests.house import House


@pytest.fixture
async def house() -> House:
    """A house with the settings as shipped."""
    return House()


@pytest.fixture(params=["library", "lane"])
def edges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs twice: its sockets are served with the library, and by the lane."""
    monkeypatch.setattr(House, "laned", request.param == "lane")
