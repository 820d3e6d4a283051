"""Lobbies and the process: streams over real connections, restarts, and two nodes of one server."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import trio

from tests.daemon.clients import PATIENCE
from tests.daemon.lobbies import do, listening, look, make
from tests.daemon.nodes import pair, redis, share
from tests.daemon.people import command, sign_up
from tests.daemon.process import Daemon, Site
from tests.store.redis_server import RedisServer


async def players(daemon: Daemon, *names: str) -> list[str]:
    """Sign players up: their tokens."""
    return [(await sign_up(daemon, name))["token"] for name in names]


@pytest.fixture
def server(site: Site) -> Iterator[RedisServer]:
    """The Redis of the site."""
    with redis() as server:
        share(site, server)
        yield server


async def test_a_stream_over_a_connection(site: Site) -> None:
    """A snapshot, then what changes, while other requests are answered; it goes on where it was."""
    async with site.daemon() as daemon:
        ann, bob = await players(daemon, "ann", "bob")
        async with listening(daemon) as stream:
            made = await make(daemon, ann)
            await stream.heard("created", made["id"])
            last = stream.last
        assert await do(daemon, bob, made, "join") == 200
        async with listening(daemon, last=last) as stream:
            changed = await stream.heard("changed", made["id"])
            assert changed["lobby"]["player_count"] == 2
            assert stream.said() == [("changed", made["id"])]


async def test_stopping_ends_streams_at_once(site: Site) -> None:
    """A restart waits for no listener, and cuts none off."""
    async with site.daemon() as daemon, listening(daemon) as one, listening(daemon) as two:
        started = trio.current_time()
        daemon.signal(signal.SIGTERM)
        await one.until_ended()
        await two.until_ended()
        assert await daemon.stopped() == 0
        assert trio.current_time() - started < PATIENCE / 2
        assert not daemon.log.named("drain.cut_off")


async def test_a_listener_that_hangs_up(site: Site) -> None:
    """Leaves the daemon as it was: the next one is served, and it stops in good order."""
    async with site.daemon() as daemon:
        [ann] = await players(daemon, "ann")
        for _ in range(20):
            async with listening(daemon):
                pass
        async with listening(daemon) as stream:
            await stream.heard("created", (await make(daemon, ann))["id"])


async def test_lobbies_outlive_a_restart(site: Site) -> None:
    """Who was in it is in it, by its id and its code; whoever listened is told anew."""
    async with site.daemon() as daemon:
        ann, bob, cid = await players(daemon, "ann", "bob", "cid")
        made = await make(daemon, ann, is_private=True, password="hunter22")
        assert await do(daemon, bob, made, "join", {"password": "hunter22"}) == 200
        async with listening(daemon, ann) as stream:
            last = stream.last
    async with site.daemon() as daemon:
        found = await look(daemon, bob, made)
        assert found is not None
        assert [player["name"] for player in found["players"]] == ["ann", "bob"]
        body = {"code": made["code"], "password": "hunter22"}
        assert (await daemon.ask("POST", "/lobbies/join", body, bearer=cid)).status == 200
        async with listening(daemon, ann, last) as stream:
            await stream.heard("snapshot", "1")


async def test_a_ban_takes_somebody_out(site: Site) -> None:
    """The command line bans the owner; his lobby goes to the oldest member, and his stream ends."""
    async with site.daemon() as daemon:
        ann, bob = await players(daemon, "ann", "bob")
        made = await make(daemon, ann)
        assert await do(daemon, bob, made, "join") == 200
        async with listening(daemon, ann) as his, listening(daemon, bob) as stream:
            await command(site, "user", "ban", "ann", "--reason", "spam")
            changed = await stream.heard("changed", made["id"])
            assert changed["lobby"]["is_owner"]
            await his.until_ended()


async def test_two_nodes_are_one_server(site: Site, server: RedisServer) -> None:
    """A lobby of one node is joined at the other, and both tell it, to whom it concerns."""
    async with pair(site) as (one, two):
        ann, bob, cid = await players(one, "ann", "bob", "cid")
        async with listening(two, bob) as his, listening(two, cid) as other:
            made = await make(one, ann, is_private=True)
            invited = {"player_public_keys": ["bob"]}
            assert await do(one, ann, made, "invite", invited) == 200
            assert (await his.heard("invited", made["id"]))["from"] == "ann"
            assert await do(two, bob, made, "join") == 200
            public = await make(two, cid)
            for stream in (his, other):
                await stream.heard("created", public["id"])
            assert made["id"] not in str(other.events)
        found = await look(one, ann, made)
        assert found is not None
        assert found["player_count"] == 2


async def test_a_stream_goes_on_at_another_node(site: Site, server: RedisServer) -> None:
    """Each change is heard once and in order, though its listener goes from node to node."""
    async with pair(site) as nodes:
        [ann] = await players(nodes[0], "ann")
        made = await make(nodes[0], ann)
        heard: list[str] = []
        async with listening(nodes[0]) as stream:
            last = stream.last
        for number in range(12):
            body = {"name": f"n{number}"}
            assert await do(nodes[number % 2], ann, made, "", body, method="PATCH") == 200
            if number % 3 == 2:
                async with listening(nodes[number % 4 // 2], last=last) as stream:
                    with trio.fail_after(PATIENCE):
                        while len(stream.events) < 3:
                            await stream.read()
                    heard += [event["lobby"]["name"] for event in stream.events]
                    last = stream.last
        assert heard == [f"n{number}" for number in range(12)]


async def test_a_listeners_node_dies(site: Site, server: RedisServer) -> None:
    """On a stream or an event socket, he goes on at the other one, and has missed nothing; who listens
    there is told as well.
    """
    async with pair(site) as (one, two):
        ann, bob = await players(one, "ann", "bob")
        async with (
            listening(two) as stream,
            two.signaling("/events", bearer=bob) as events,
            one.signaling("/events", bearer=bob) as others,
        ):
            await events.next()
            await others.next()
            made = await make(one, ann)
            await stream.heard("created", made["id"])
            last = stream.last
            created = [await socket.until("lobby.created") for socket in (events, others)]
            assert [event["lobby"]["id"] for event in created] == [made["id"]] * 2
            two.process.kill()
            await two.stopped()
            assert await do(one, ann, made, "start") == 200
            assert (await others.until("lobby.changed"))["lobby"]["status"] == "InProgress"
        async with listening(one, last=last) as stream:
            changed = await stream.heard("changed", made["id"])
            assert changed["lobby"]["status"] == "InProgress"
            assert len(stream.events) == 1
        async with one.signaling(f"/events?after={created[0]['id']}", bearer=bob) as events:
            told = [await events.next() for _ in range(3)]
            assert [event["type"] for event in told] == ["hello", "lobby.changed", "live"]


async def test_everybody_through_two_doors(site: Site, server: RedisServer) -> None:
    """Twelve players enter two lobbies at two nodes in one moment: each is in one, none is too full."""
    site.config["limits"] = {"exempt": ["127.0.0.1"]}
    async with pair(site) as nodes:
        tokens = await players(nodes[0], *(f"p{number}" for number in range(14)))
        lobbies = [await make(nodes[0], token, max_players=6) for token in tokens[:2]]
        statuses: list[int] = []

        async def enter(number: int, token: str) -> None:
            lobby = lobbies[number % 2]
            statuses.append(await do(nodes[number // 2 % 2], token, lobby, "join"))

        async with trio.open_nursery() as nursery:
            for token in tokens[2:]:
                for number in range(4):
                    nursery.start_soon(enter, number, token)
        found = [await look(nodes[1], tokens[2], lobby) for lobby in lobbies]
        assert [one and one["player_count"] for one in found] == [6, 6]
        assert set(statuses) <= {200, 409, 423}
        admin = (await command(site, "token", "admin", "root")).strip().split()[-1]
        answer = await nodes[0].ask("GET", "/api/admin/check", bearer=admin)
        assert answer.json() == {"ok": True, "violations": []}
