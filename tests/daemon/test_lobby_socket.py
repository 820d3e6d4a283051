"""The lobby's socket on running daemons: one, and two over Redis, of which one dies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.clients import PATIENCE, Json, Signaling
from tests.daemon.lobbies import do, lobby_of, look
from tests.daemon.nodes import LEASE, pair, redis, share
from tests.daemon.process import Daemon, Site
from tests.store.redis_server import RedisServer

SOON = LEASE + 11
"""Seconds until a dead node's members must have been told to be gone."""


@pytest.fixture
def server(site: Site) -> Iterator[RedisServer]:
    """The Redis of the site."""
    with redis() as server:
        share(site, server)
        yield server


@asynccontextmanager
async def playing(daemon: Daemon, target: str) -> AsyncIterator[tuple[Signaling, str]]:
    """A member's socket, and its id."""
    async with daemon.signaling(target) as socket:
        first = await socket.next()
        yield socket, first.get("IdAssigned") or first["peerId"]


async def until_connected(daemon: Daemon, token: str, lobby: Json, names: list[str]) -> None:
    """Wait until just these are connected."""
    with trio.fail_after(SOON):
        while True:
            found = await look(daemon, token, lobby)
            assert found is not None
            if [one["name"] for one in found["players"] if one["connected"]] == names:
                return
            await trio.sleep(0.1)


async def test_members_meet(site: Site) -> None:
    """By the token as a path and by a ticket; the owner's socket begins; kick and end come at once."""
    async with site.daemon() as daemon:
        made, (ann, bob, cid) = await lobby_of(daemon, "ann", "bob", "cid")
        path = f"/lobby/{made['id']}"
        ticket = (await daemon.ask("POST", "/auth/ticket", {"for": path}, bearer=bob)).json()
        async with (
            playing(daemon, f"/{ann}") as (a, _),
            playing(daemon, f"{path}?ticket={ticket['ticket']}") as (b, second),
            playing(daemon, f"{path}?token={cid}") as (c, third),
        ):
            assert [await a.next(), await a.next()] == [{"NewPeer": second}, {"NewPeer": third}]
            await a.send({"Signal": {"receiver": second, "data": "hello"}})
            assert await b.next() == {"NewPeer": third}
            assert (await b.next())["Signal"]["data"] == "hello"
            found = await look(daemon, ann, made)
            assert found is not None
            assert found["status"] == "InProgress"
            assert await do(daemon, ann, made, "kick", {"player": "bob"}) == 200
            assert await b.ended() == 4403
            assert await do(daemon, ann, made, "", method="DELETE") == 200
            assert [await a.ended(), await c.ended()] == [4410, 4410]
        twin = await daemon.ask("GET", path, bearer=ann)
        assert (twin.status, twin.json()["code"]) == (404, "unknown_lobby")


async def test_two_nodes_are_one_lobby(site: Site, server: RedisServer) -> None:
    """Members meet, are put out and replaced across nodes; those of a dead one are gone."""
    async with pair(site) as (one, two):
        made, (ann, bob) = await lobby_of(one, "ann", "bob")
        path = f"/lobby/{made['id']}?token="
        async with playing(one, path + bob) as (b, _):
            async with playing(two, path + ann) as (a, first):
                assert await b.next() == {"NewPeer": first}
                async with playing(one, path + ann) as (_newer, again):
                    assert await a.ended() == 4409
                    with trio.fail_after(PATIENCE):
                        heard = [await b.next() for _ in range(2)]
                    assert heard == [{"PeerLeft": first}, {"NewPeer": again}]
            await until_connected(one, ann, made, ["bob"])
            assert await b.next() == {"PeerLeft": again}
            async with playing(two, path + ann) as (_, third):
                assert await b.next() == {"NewPeer": third}
                await until_connected(one, ann, made, ["ann", "bob"])
                two.process.kill()
                await two.stopped()
                with trio.fail_after(SOON):
                    assert await b.next() == {"PeerLeft": third}
                await until_connected(one, ann, made, ["bob"])
            assert await do(one, ann, made, "kick", {"player": "bob"}) == 200
            assert await b.ended() == 4403
