"""The running daemon over Redis: what two nodes share, and what each does without Redis."""

import signal
from collections.abc import Iterator

import pytest
import trio

from tests.daemon.clients import Json
from tests.daemon.nodes import (
    LEASE,
    kinds,
    look_for_match,
    pair,
    reason,
    redis,
    say,
    share,
    well,
)
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import IN_ROOM, hosting, playing, room_of
from tests.store.redis_server import RedisServer

SOON = 15
"""Seconds until the other side of a dead node's socket must have been told."""


@pytest.fixture
def server(site: Site) -> Iterator[RedisServer]:
    """The Redis of the site; it forgets everything when it is killed."""
    with redis() as server:
        share(site, server)
        yield server


async def state_of(node: Daemon, found: Json) -> str | None:
    """The state of a booking, as a node tells the holder of its grant; None when it knows of none."""
    path = f"/api/match/{found['bookingId']}"
    answer = await node.ask("GET", path, bearer=found["grant"])
    state: str | None = answer.json().get("state")
    return state


async def healed(node: Daemon, found: Json) -> None:
    """Wait until a match is there again, while its host beats."""
    with trio.fail_after(SOON):
        while (await state_of(node, found)) != "connected":
            await node.beat()
            await trio.sleep(0.1)


async def test_two_nodes_are_one_service(site: Site, server: RedisServer) -> None:
    """A host of one node is given to a player of another, and they hear each other."""
    async with pair(site) as (one, two), hosting(one) as host:
        found = await two.find()
        async with two.signaling(room_of(found)) as player:
            joined = await host.until("control", "peer-joined")
            assert joined["payload"]["bookingId"] == found["bookingId"]
            await say(player, host, "from the player")
            await say(host, player, "from the host")
            assert (await look_for_match(one)).status == 404
        assert (await host.until("peer-disconnected"))["peer"] == joined["peer"]


async def test_redis_away(site: Site, server: RedisServer) -> None:
    """Sockets stay, and their messages; callers are told when to come again; the log says it once; and
    everything goes on when Redis is back.
    """
    async with site.daemon() as node, playing(node) as (host, player):
        server.kill()
        await node.log.until("store.away")
        for _ in range(50):
            answer = await look_for_match(node)
            assert (answer.status, answer.json()["code"]) == (503, "store_unavailable")
        assert answer.json()["retryAfter"] == int(answer.headers["retry-after"]) > 0
        assert await reason(node) == "store: Redis can't be reached (Connection refused)"
        metrics = await node.ask("GET", "/metrics")
        assert b"matchd_store_up 0.0" in metrics.body
        await say(player, host, "still here")
        await say(host, player, "me too")
        for event in ("bus.away", "sweep.skipped"):
            await node.log.until(event)
        said = [event["event"] for event in node.log.events]
        assert (
            said.count("store.away") == said.count("bus.away") == said.count("sweep.skipped") == 1
        )
        assert len(said) < 20
        server.start()
        await node.log.until("store.back")
        await well(node)
        assert (await look_for_match(node)).status == 404


async def test_redis_that_forgot(site: Site, server: RedisServer) -> None:
    """After a restart without memory the match goes on, and its host is not given to another."""
    async with pair(site) as (one, two), hosting(one) as host:
        found = await two.find()
        async with two.signaling(room_of(found)) as player:
            await host.until("control", "peer-joined")
            server.kill()
            await one.log.until("store.away")
            await two.log.until("store.away")
            server.start()
            await one.log.until("store.forgot")
            await two.log.until("store.forgot")
            await healed(one, found)
            for _ in range(LEASE + 2):
                await one.beat()
                assert (await look_for_match(two)).status == 404
                await say(player, host, "to and")
                await say(host, player, "fro")
                await trio.sleep(1)
            assert await state_of(two, found) == "connected"
            assert "peer-disconnected" not in kinds(host) | kinds(player)


async def test_a_killed_node(site: Site, server: RedisServer) -> None:
    """Who was opposite a socket of a node that died hears so, and the other node serves on."""
    async with pair(site) as (one, two), hosting(two) as host:
        found = await one.find()
        async with one.signaling(room_of(found)):
            joined = await host.until("control", "peer-joined")
            one.process.kill()
            with trio.fail_after(SOON):
                assert (await host.until("peer-disconnected"))["peer"] == joined["peer"]
            assert (await two.log.until("node.gone"))["level"] == "warning"
        async with two.signaling(room_of(found)) as player:
            await host.until("control", "peer-joined")
            await say(player, host, "back")


async def test_a_paused_node(site: Site, server: RedisServer) -> None:
    """A node that was paused for longer than its lease closes its sockets, and serves on."""
    async with pair(site) as (one, two), hosting(two) as host:
        found = await one.find()
        async with one.signaling(room_of(found)) as player:
            await host.until("control", "peer-joined")
            one.signal(signal.SIGSTOP)
            try:
                await host.until("peer-disconnected")
            finally:
                one.signal(signal.SIGCONT)
            assert await player.ended() == 1012
        await one.log.until("node.joined", 2)
        async with one.signaling(room_of(found)) as player:
            await host.until("control", "peer-joined")
            await say(player, host, "back")


async def stop(node: Daemon) -> None:
    """Stop a node in good order."""
    node.signal(signal.SIGTERM)
    assert await node.stopped() == 0


async def test_the_hosts_node_restarts(site: Site, server: RedisServer) -> None:
    """A player on another node waits through the restart of his host's node, and is told nothing."""
    async with pair(site) as (one, two), hosting(one) as host:
        found = await two.find()
        async with two.signaling(room_of(found)) as player:
            await player.until("control", "peer-joined")
            await stop(one)
            assert await host.ended() == 1012
            secret = site.secret("host_secret")
            async with two.signaling(IN_ROOM, bearer=secret) as again:
                await again.until("control", "peer-joined")
                await say(player, again, "still here")
                await say(again, player, "back")
            assert "peer-disconnected" not in kinds(player)


async def test_the_players_node_restarts(site: Site, server: RedisServer) -> None:
    """A player comes back by another node under a new peer with the same booking; his host hears no
    peer-disconnected in between.
    """
    async with pair(site) as (one, two), hosting(one) as host:
        found = await two.find()
        async with two.signaling(room_of(found)) as player:
            former = await host.until("control", "peer-joined")
            await stop(two)
            assert await player.ended() == 1012
        async with one.signaling(room_of(found)) as player:
            joined = await host.until("control", "peer-joined")
            assert joined["payload"]["bookingId"] == found["bookingId"]
            assert joined["peer"] != former["peer"]
            await say(player, host, "back")
            assert "peer-disconnected" not in kinds(host)
