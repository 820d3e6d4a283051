"""Fixtures: Redis servers, shared where a test does no harm and its own where it does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.redis_server import RedisServer, shared


@pytest.fixture
def server() -> RedisServer:
    """The session's server, for tests that leave it as it was."""
    return shared()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server of the test's own, to be killed, filled or reconfigured."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def lasting_server() -> Iterator[RedisServer]:
    """A server of the test's own that writes everything to disk before it answers."""
    server = RedisServer(appendonly="yes", appendfsync="always")
    server.start()
    yield server
    server.remove()
