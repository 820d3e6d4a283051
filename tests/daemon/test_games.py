"""The queue and games at real daemons: the given document's flow, a restart, two nodes (wire.md 6)."""

from __future__ import annotations

import pytest
import trio
from trio_websocket import ConnectionRejected

from tests.daemon.games import GameClient, start, two
from tests.daemon.nodes import pair, redis, share
from tests.daemon.people import sign_up
from tests.daemon.process import Daemon, Site


async def test_a_whole_game(site: Site) -> None:
    """As the given document has it, and to an end that it never had."""
    async with site.daemon() as daemon, trio.open_nursery() as nursery:
        ann, bob, game = await two(daemon)
        await start(nursery, game, ann, bob)
        assert (await ann.until("game_state"))["players"][0]["username"] == "ann"
        await ann.send("player_move", movement={"y": 7})
        move = await bob.until("player_move")
        assert (move["user_id"], move["movement"]) == (ann.id, {"y": 7})
        for player in (ann, bob):
            scores = {"scores": {ann.id: 3, bob.id: 1}}
            await player.send("game_action", action="finish", data=scores)
        over = await bob.until("game_over")
        assert (over["reason"], over["winner"]) == ("finished", ann.id)
        assert [await ann.until_closed(), await bob.until_closed()] == [4410, 4410]
        history = (await daemon.ask("GET", "/game/history/", bearer=bob.token)).json()
        assert [one["winner"] for one in history] == [ann.id]


async def test_who_comes_in(site: Site) -> None:
    """A ticket opens it once, others are refused with a status, a second device replaces the first."""
    async with site.daemon() as daemon, trio.open_nursery() as nursery:
        ann, _, game = await two(daemon)
        eve, path = GameClient(daemon, await sign_up(daemon, "eve")), f"/ws/game/{game}/"
        asked = await daemon.ask("POST", "/auth/ticket", {"for": path}, bearer=ann.token)
        ticket = f"{path}?ticket={asked.json()['ticket']}"
        async with daemon.signaling(ticket) as socket:
            await socket.until("game_state")
            refused = (f"{path}?token={eve.token}", f"{path}?token=x", path, ticket)
            assert [await status_of(daemon, one) for one in refused] == [403, 401, 401, 401]
            assert await status_of(daemon, f"/ws/game/nosuch/?token={ann.token}") == 404
            await nursery.start(ann.connect_to_game, game)
            assert await socket.ended() == 4409
        nursery.cancel_scope.cancel()


async def status_of(daemon: Daemon, path: str) -> int:
    """How an upgrade is refused."""
    with pytest.RaisesGroup(ConnectionRejected) as caught:
        async with daemon.signaling(path):
            pass
    (refusal,) = caught.value.exceptions
    assert isinstance(refusal, ConnectionRejected)
    return refusal.status_code


async def test_a_restart_ends_no_game(site: Site) -> None:
    """Its players come back to it; whoever was in the queue is in it still."""
    async with trio.open_nursery() as nursery:
        async with site.daemon() as daemon:
            ann, bob, game = await two(daemon)
            cid = GameClient(daemon, await sign_up(daemon, "cid"))
            await cid.join_queue()
            await start(nursery, game, ann, bob)
        assert [await ann.until_closed(), await bob.until_closed()] == [1012, 1012]
        async with site.daemon() as daemon:
            for player in (ann, bob, cid):
                player.daemon = daemon
            for player in (ann, bob):
                await nursery.start(player.connect_to_game, game)
            await ann.send("player_move", movement=1)
            await bob.until("player_move")
            place = (await daemon.ask("GET", "/game/queue/", bearer=cid.token)).json()
            assert place["position"] == 1


async def test_a_large_move_arrives_or_ends_its_sender(site: Site) -> None:
    """Up to the size of a message; beyond it the socket is closed with 1009, and the other plays on."""
    async with site.daemon() as daemon, trio.open_nursery() as nursery:
        ann, bob, game = await two(daemon)
        await start(nursery, game, ann, bob)
        await ann.send("player_move", movement="x" * 60_000)
        assert len((await bob.until("player_move"))["movement"]) == 60_000
        await ann.send("player_move", movement="x" * 70_000)
        assert await ann.until_closed() == 1009
        assert (await bob.until("player_disconnected"))["user_id"] == ann.id
        await bob.send("resync")
        assert (await bob.until("game_state", 2))["state"] == "active"
        nursery.cancel_scope.cancel()


async def test_a_game_outlives_a_node(site: Site) -> None:
    """Two play across two nodes; one node is killed, and its player comes back by the other: the first
    was told until when he is waited for, and then that he is there.
    """
    with redis() as server:
        share(site, server)
        async with pair(site) as (one, other), trio.open_nursery() as nursery:
            ann, bob, game = await two(one)
            bob.daemon = other
            await start(nursery, game, ann, bob)
            for mover, hearer in ((ann, bob), (bob, ann)):
                await mover.send("player_move", movement={"y": 7})
                assert (await hearer.until("player_move"))["user_id"] == mover.id
            one.process.kill()
            assert (await bob.until("player_disconnected"))["user_id"] == ann.id
            await ann.until_closed()
            ann.daemon = other
            await nursery.start(ann.connect_to_game, game)
            await bob.until("player_reconnected")
            await ann.send("player_move", movement={"y": 8})
            assert (await bob.until("player_move", 2))["movement"] == {"y": 8}
            nursery.cancel_scope.cancel()
