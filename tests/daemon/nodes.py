"""Several daemons over one Redis: nodes of one site. Only tests import this module."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import trio

from tests.daemon.clients import Answer, Signaling
from tests.daemon.process import Daemon, Site
from tests.store.redis_server import RedisServer

LEASE = 4
"""Seconds that a node is believed here: short, but more than a busy machine keeps a process waiting."""

ANOTHER_PORT = ("--listen", "127.0.0.1:0")


def share(site: Site, server: RedisServer, **store: Any) -> None:
    """Put the site's store into this Redis."""
    site.config["store"] = {
        "backend": "redis",
        "url": server.tcp_url,
        "node_lease": LEASE,
        "timeout": 1,
    } | store


@contextmanager
def redis(password: str = "", **options: str) -> Iterator[RedisServer]:
    """A Redis of the test's own, ended with it."""
    server = RedisServer(password, **options)
    server.start()
    try:
        yield server
    finally:
        server.remove()


@asynccontextmanager
async def pair(site: Site) -> AsyncIterator[tuple[Daemon, Daemon]]:
    """Two nodes of one site, each of which knows of the other."""
    async with site.daemon() as one, site.daemon(*ANOTHER_PORT) as two:
        await well(one, two)
        yield one, two


async def well(*nodes: Daemon) -> None:
    """Wait until these nodes can use their Redis, and no lease is waited for."""
    with trio.fail_after(20):
        for node in nodes:
            while await reason(node):  # noqa: ASYNC110  # another process
                await trio.sleep(0.05)


async def reason(node: Daemon) -> str:
    """Why a node is not ready. (These sites have no TURN server, which is always one reason.)"""
    with trio.fail_after(20):
        answer = await node.ask("GET", "/readyz")
    reasons: list[str] = answer.json()["reasons"]
    return "; ".join(text for text in reasons if not text.startswith("turn"))


async def look_for_match(node: Daemon) -> Answer:
    """Find, whatever comes of it."""
    return await node.ask("POST", "/api/match/find", {})


async def say(sender: Signaling, receiver: Signaling, text: str) -> None:
    """Have an answer relayed."""
    await sender.send({"type": "answer", "sdp": text})
    assert (await receiver.until("answer"))["sdp"] == text


def kinds(socket: Signaling) -> set[str]:
    """Of which types the messages were that a socket has heard."""
    return {message["type"] for message in socket.heard}
