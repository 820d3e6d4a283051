"""Fixtures of the WebSocket edge's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

import pytest

from tests.house import House


@pytest.fixture
async def house() -> House:
    """A house with the settings as shipped."""
    return House()
