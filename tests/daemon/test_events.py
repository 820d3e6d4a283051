"""Event sockets of a running daemon, and of two that share a Redis (wire.md 8)."""

from __future__ import annotations

import signal

import trio

from tests.daemon.clients import PATIENCE, Json, Signaling
from tests.daemon.nodes import ANOTHER_PORT, LEASE, kinds, pair, redis, share, well
from tests.daemon.people import command, sign_up
from tests.daemon.process import Daemon, Site


async def ticket(daemon: Daemon, made: Json) -> str:
    """A ticket for /events."""
    answer = await daemon.ask("POST", "/auth/ticket", {"for": "/events"}, bearer=made["token"])
    assert answer.status == 200, answer
    found: str = answer.json()["ticket"]
    return found


async def ask(daemon: Daemon, made: Json, name: str) -> None:
    """Ask somebody to be friends, or accept."""
    answer = await daemon.ask("PUT", f"/friends/{name}", bearer=made["token"])
    assert answer.status == 200, answer


async def look(daemon: Daemon, made: Json) -> int:
    """What the route of the accounts answers, which asks the store."""
    return (await daemon.ask("GET", "/auth/me", bearer=made["token"])).status


async def until(socket: Signaling, kind: str, **fields: object) -> Json:
    """The next event of this kind with these fields, within the patience of tests."""
    with trio.fail_after(2 * PATIENCE):
        while True:
            event = await socket.next()
            if event["type"] == kind and fields.items() <= event.items():
                return event


async def test_friends_hear_of_each_other(site: Site) -> None:
    """Requests, acceptance, presence; a reader of the list sees the same."""
    async with site.daemon() as daemon:
        ann, bob = await sign_up(daemon, "ann"), await sign_up(daemon, "bob")
        async with daemon.signaling(f"/events?ticket={await ticket(daemon, bob)}") as bobs:
            hello = await bobs.next()
            assert (hello["type"], hello["heartbeat"]) == ("hello", 15)
            await ask(daemon, ann, "bob")
            assert (await until(bobs, "friend.request"))["player"]["name"] == "ann"
            await ask(daemon, bob, "ann")
            assert (await until(bobs, "friend.accepted"))["player"]["name"] == "ann"
            async with daemon.signaling("/events", bearer=ann["token"]) as anns:
                await anns.next()
                assert (await until(bobs, "friend.presence"))["state"] == "online"
                lines = (await daemon.ask("GET", "/friends", bearer=bob["token"])).json()
                assert [(line["name"], line["online"]) for line in lines] == [("ann", True)]


async def test_a_ticket_is_spent_by_an_upgrade(site: Site) -> None:
    """The twin looks; the second upgrade is refused."""
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        path = f"/events?ticket={await ticket(daemon, made)}"
        assert (await daemon.ask("GET", path)).status == 200
        async with daemon.signaling(path) as socket:
            assert (await socket.next())["type"] == "hello"
            assert (await daemon.ask("GET", path)).status == 401


async def test_a_restart_is_a_gap_and_a_ban_the_end(site: Site) -> None:
    """One process keeps its logs in memory; the client is told, and reads again how things stand."""
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        async with daemon.signaling("/events", bearer=made["token"]) as socket:
            mark = (await socket.next())["id"]
            daemon.process.terminate()
            assert (await socket.next())["type"] == "going_away"
            assert await socket.ended() == 1012
        assert await daemon.stopped() == 0
    async with (
        site.daemon() as daemon,
        daemon.signaling(f"/events?after={mark}", bearer=made["token"]) as socket,
    ):
        assert [(await socket.next())["type"] for _ in range(3)] == ["hello", "gap", "live"]
        await command(site, "user", "ban", "ann", "--reason", "spam")
        assert await socket.ended() == 4403


async def test_a_token_is_renewed_in_band(site: Site) -> None:
    """A native client is asked in time and goes on; an older one that can't is closed."""
    site.config["auth"] = {"token_ttl": 63, "socket_grace": 0}
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        async with daemon.signaling("/events?v=1", bearer=made["token"]) as socket:
            await until(socket, "reauth")
            body = {"refreshToken": made["refreshToken"]}
            fresh = (await daemon.ask("POST", "/auth/refresh", body)).json()["token"]
            await socket.send({"type": "reauth", "token": fresh})
            until_then = (await until(socket, "reauthed"))["expiresAt"]
            await socket.send({"type": "reauth", "token": "x"})
            assert (await until(socket, "error"))["code"] == "bad_token"
            assert until_then > 0


async def test_two_nodes_tell_the_same(site: Site) -> None:
    """A friend at another node is heard of; who goes on there has missed nothing."""
    site.config["events"] = {"presence_grace": 1}
    with redis() as server:
        share(site, server)
        async with pair(site) as (one, two):
            ann, bob = await sign_up(one, "ann"), await sign_up(two, "bob")
            async with one.signaling("/events", bearer=bob["token"]) as bobs:
                mark = (await bobs.next())["id"]
                await ask(two, ann, "bob")
                request = await until(bobs, "friend.request")
            await ask(two, bob, "ann")
            await trio.sleep(0.2)
            async with two.signaling(f"/events?after={mark}", bearer=bob["token"]) as bobs:
                told = [await bobs.next() for _ in range(4)]
                assert [event["type"] for event in told] == [
                    "hello",
                    "friend.request",
                    "friend.accepted",
                    "live",
                ]
                assert told[1]["player"] == request["player"]
                async with one.signaling("/events", bearer=ann["token"]):
                    assert (await until(bobs, "friend.presence"))["state"] == "online"
                await until(bobs, "friend.presence", state="offline")


async def test_the_ninth_device_of_two_nodes(site: Site) -> None:
    """Ends the first one, wherever it is."""
    with redis() as server:
        share(site, server)
        async with pair(site) as (one, two), trio.open_nursery() as nursery:
            made = await sign_up(one, "ann")
            ends: dict[int, int] = {}

            async def device(number: int, task_status: trio.TaskStatus[None]) -> None:
                node = (one, two)[number % 2]
                async with node.signaling("/events", bearer=made["token"]) as socket:
                    await socket.next()
                    task_status.started()
                    ends[number] = await socket.ended()

            for number in range(9):
                await nursery.start(device, number)
            with trio.fail_after(PATIENCE):
                while not ends:  # noqa: ASYNC110  # it changes in another process
                    await trio.sleep(0.02)
            assert ends == {0: 4409}
            nursery.cancel_scope.cancel()


async def test_a_node_that_dies_takes_its_players_along(site: Site) -> None:
    """Their friends at the other node are told; a player who goes on there is not away."""
    site.config["events"] = {"presence_grace": 2}
    with redis() as server:
        share(site, server)
        async with pair(site) as (one, two):
            ann, bob = await sign_up(one, "ann"), await sign_up(two, "bob")
            await ask(one, ann, "bob")
            await ask(two, bob, "ann")
            async with two.signaling("/events", bearer=bob["token"]) as bobs:
                async with one.signaling("/events", bearer=ann["token"]) as anns:
                    mark = (await anns.next())["id"]
                    await until(bobs, "friend.presence", state="online")
                    one.process.kill()
                    await anns.ended()
                with trio.fail_after(LEASE + 3 * PATIENCE):
                    await until(bobs, "friend.presence", state="offline")
                target = f"/events?after={mark}"
                async with two.signaling(target, bearer=ann["token"]) as anns:
                    await until(anns, "live")
                    assert "gap" not in kinds(anns)
                    await until(bobs, "friend.presence", state="online")
            await one.stopped()


async def test_events_wait_while_redis_is_away(site: Site) -> None:
    """Sockets stay; what is published afterwards comes, and a new socket gets 503 meanwhile."""
    with redis() as server:
        share(site, server)
        async with site.daemon() as one, site.daemon(*ANOTHER_PORT) as two:
            await well(one, two)
            ann, bob = await sign_up(one, "ann"), await sign_up(two, "bob")
            async with one.signaling("/events", bearer=bob["token"]) as bobs:
                await bobs.next()
                server.signal(signal.SIGSTOP)
                with trio.fail_after(PATIENCE):
                    while await look(two, ann) != 503:  # noqa: ASYNC110  # another process
                        await trio.sleep(0.1)
                server.signal(signal.SIGCONT)
                await well(one, two)
                await ask(two, ann, "bob")
                assert (await until(bobs, "friend.request"))["player"]["name"] == "ann"
