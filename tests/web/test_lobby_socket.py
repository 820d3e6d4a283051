"""The lobby's socket (wire.md 5): who comes in, who meets, what the lobby makes of it.

Allumette's own tests of its WebSocket are the first five, each under its name there; of its defects
11 (a signal crosses lobbies) and 21 (who is refused has been given an id) stand here.
"""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from tests.house import House
from tests.web.lobbies import Hall
from tests.web.playing import connected, play, refused, status, together
from tests.ws.client import refused_upgrade, switchboard
from tests.ws.peers import left, new, peer, said

pytestmark = pytest.mark.usefixtures("edges")
Clock = trio.testing.MockClock


@pytest.fixture
async def hall(house: House) -> Hall:
    """Three players who are keys."""
    made = Hall(house)
    await made.add_keys("ann", "bob", "cid")
    return made


async def test_connection_with_token_in_path(hall: Hall, autojump_clock: Clock) -> None:
    """Who is in a lobby is assigned an id, with nothing but his token for a path."""
    await together(hall)
    async with switchboard() as nursery:
        ann = await peer(hall.house, nursery, f"/{hall.tokens['ann']}")
        assert ann.first == {"IdAssigned": ann.id}


async def test_connection_without_token_fails(hall: Hall) -> None:
    """Refused before the upgrade; there is nothing at the root."""
    made = await together(hall)
    assert await refused(hall, f"/lobby/{made['id']}") == (401, "unauthorized")
    assert (await refused_upgrade(hall.house, "/")).status == 404


async def test_connection_with_invalid_token_fails(hall: Hall) -> None:
    """In the path, and in the query."""
    made = await together(hall)
    assert await refused(hall, "/not.a.token") == (401, "bad_token")
    assert await refused(hall, f"/lobby/{made['id']}?token=a.b.c") == (401, "bad_token")
    assert await refused(hall, f"/lobby/{made['id']}?ticket=abc") == (401, "bad_token")


async def test_two_players_connect_to_same_lobby(hall: Hall, autojump_clock: Clock) -> None:
    """The first hears of the second, and they talk, by either address."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        ann = await peer(hall.house, nursery, f"/{hall.tokens['ann']}")
        bob = await play(hall, nursery, "bob", made)
        assert await ann.hear() == new(bob)
        await ann.signal(bob.id, {"Offer": "v=0"})
        assert await bob.hear() == said(ann, {"Offer": "v=0"})
        await bob.leave()
        assert await ann.hear() == left(bob)


async def test_connection_without_joining_lobby_fails(hall: Hall) -> None:
    """Neither to one's own, of which there is none, nor to another's."""
    made = await together(hall)
    assert await refused(hall, f"/{hall.tokens['bob']}") == (404, "unknown_lobby")
    query = f"?token={hall.tokens['bob']}"
    assert await refused(hall, f"/lobby/{made['id']}{query}") == (403, "forbidden")
    for name in ("nobody", "a%2Fb", "..", "%00"):
        assert await refused(hall, f"/lobby/{name}{query}") == (404, "unknown_lobby")


async def test_a_private_lobby_is_not_there_for_outsiders(hall: Hall) -> None:
    """They are told the same of it as of none."""
    made = await hall.make("ann", is_private=True)
    target = f"/lobby/{made['id']}?token={hall.tokens['bob']}"
    assert await refused(hall, target) == (404, "unknown_lobby")


async def test_a_signal_crosses_no_lobby(hall: Hall, autojump_clock: Clock) -> None:
    """Nor does it from a lobby to a room of the same name (defect 11)."""
    one, other = await together(hall, "bob"), await hall.make("cid")
    async with switchboard() as nursery:
        bob, cid = await play(hall, nursery, "bob", one), await play(hall, nursery, "cid", other)
        room = await peer(hall.house, nursery, f"/matchbox/{one['id']}")
        for stranger in (cid, room):
            await stranger.signal(bob.id, 1)
            await bob.signal(stranger.id, 2)
        for alone in (bob, cid, room):
            assert await alone.silent()


async def test_who_is_refused_leaves_no_trace(hall: Hall, autojump_clock: Clock) -> None:
    """No id, no place, no news of him (defect 21)."""
    made = await together(hall)
    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        await refused(hall, f"/lobby/{made['id']}?token={hall.tokens['bob']}")
        assert await ann.silent()
    assert hall.house.store.pool.groups.records == {}


async def test_a_ticket(hall: Hall, autojump_clock: Clock) -> None:
    """Opens its lobby once; the twin and a refusal spend nothing."""
    made = await together(hall)
    path = f"/lobby/{made['id']}"
    answer = await hall.say("ann", "POST", "/auth/ticket", {"for": path})
    target = f"{path}?ticket={answer.json['ticket']}"
    async with switchboard() as nursery:
        for _ in range(2):
            assert (await hall.client.ask("GET", target)).json == {"ok": True}
        await peer(hall.house, nursery, target)
        assert await refused(hall, target) == (401, "bad_token")
        assert await connected(hall, made) == ["ann"]


async def test_the_owner_begins_the_game(hall: Hall, autojump_clock: Clock) -> None:
    """By his socket; another member's leaves it waiting. When all are gone it waits again."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        bob = await play(hall, nursery, "bob", made)
        assert await status(hall, made) == "Waiting"
        ann = await play(hall, nursery, "ann", made)
        assert await status(hall, made) == "InProgress"
        for one in (ann, bob):
            await one.vanish()
        assert await connected(hall, made) == []
        nursery.start_soon(hall.house.lobbies.keeper.run)
        await trio.sleep(29)
        assert await status(hall, made) == "InProgress"
        await trio.sleep(3)
        assert await status(hall, made) == "Waiting"


async def test_peers_are_players(hall: Hall, autojump_clock: Clock) -> None:
    """Members are told which is which, as long as they are connected; others are not."""
    made = await together(hall, "bob")

    async def peers(who: str) -> Any:
        return (await hall.do(who, made, "peers", method="GET")).json

    async with switchboard() as nursery:
        ann, bob = await play(hall, nursery, "ann", made), await play(hall, nursery, "bob", made)
        for who in ("ann", "bob"):
            found = await peers(who)
            names = {one: found[one]["publicKey"] for one in found}
            assert names == {ann.id: hall.keys["ann"].public, bob.id: hall.keys["bob"].public}
        assert (await peers("cid"))["code"] == "forbidden"
        await bob.leave()
        assert list(await peers("ann")) == [ann.id]


async def test_native_members(hall: Hall, autojump_clock: Clock) -> None:
    """They are told the others' names and get TURN; who comes back has his place, in the lobby too."""
    made = await together(hall, "bob")
    async with switchboard() as nursery:
        ann = await play(hall, nursery, "ann", made)
        bob = await play(hall, nursery, "bob", made, "&v=1")
        (shown,) = bob.first["roster"]
        assert (shown["peerId"], shown["account"]) == (ann.id, hall.ids["ann"])
        assert shown["name"].startswith("ann~")
        assert "credential" in bob.first["iceServers"][1]
        await bob.vanish()
        assert await connected(hall, made) == ["ann"]
        back = await play(hall, nursery, "bob", made, f"&v=1&resume={bob.first['resume']}")
        assert (back.id, back.first["resumed"]) == (bob.id, True)
        assert await connected(hall, made) == ["ann", "bob"]
        assert await ann.hear() == new(bob)
        assert await ann.silent()
