"""Fixtures of the client's tests. A test that lets time pass asks for `autojump_clock` too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from tests.client.house import Town


@pytest.fixture
async def town(nursery: trio.Nursery) -> AsyncIterator[Town]:
    """A town whose connections end with the test."""
    yield Town(nursery)
    nursery.cancel_scope.cancel()
