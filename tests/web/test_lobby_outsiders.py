"""What outsiders, guests and the blocked learn of lobbies over HTTP (wire.md 5)."""

from __future__ import annotations

import pytest

from tests.house import House
from tests.web.lobbies import Hall, names, told


@pytest.fixture
async def hall(house: House) -> Hall:
    """Ann, Bob and Cid, whom no limit stops."""
    made = Hall(house)
    await made.add("ann", "bob", "cid")
    return made


VERBS = [
    ("", "GET", None),
    ("peers", "GET", None),
    ("ready", "POST", {"ready": True}),
    ("leave", "POST", None),
    ("start", "POST", None),
    ("invite", "POST", {"player_public_keys": ["bob"]}),
    ("kick", "POST", {"player": "ann"}),
    ("owner", "POST", {"player": "bob"}),
    ("", "PATCH", {"name": "x"}),
    ("", "DELETE", None),
]


@pytest.mark.parametrize(("verb", "method", "body"), VERBS)
async def test_outsiders(hall: Hall, verb: str, method: str, body: object) -> None:
    """Of a private lobby learn nothing, as if it were not there; of a public one that they may not."""
    private = await hall.make("ann", is_private=True)
    refused = await hall.do("bob", private, verb, body, method)
    unknown = await hall.do("bob", {"id": "unknown"}, verb, body, method)
    assert refused.json | {"requestId": ""} == unknown.json | {"requestId": ""}
    assert told(refused) == (404, "unknown_lobby")
    public = await hall.make("cid")
    expected = (200, "") if method == "GET" and not verb else (403, "forbidden")
    assert told(await hall.do("bob", public, verb, body, method)) == expected


@pytest.mark.parametrize(("verb", "method", "body"), VERBS)
async def test_guests(hall: Hall, verb: str, method: str, body: object) -> None:
    """May read public lobbies, if they may, and nothing else."""
    public, private = await hall.make("ann"), await hall.make("bob", is_private=True)
    reads = method == "GET" and not verb
    assert (await hall.do(None, public, verb, body, method)).status == (200 if reads else 401)
    assert (await hall.do(None, private, verb, body, method)).status == (404 if reads else 401)
    hall.house.change(guests_read_lobbies=False)
    assert (await hall.do(None, public, verb, body, method)).status == 401
    assert (await hall.say(None, "GET", "/lobbies")).status == 401


async def test_blocked(hall: Hall) -> None:
    """The lobby of whoever blocks one is not there, by no door; neither is that of whom one blocks."""
    made = await hall.make("ann")
    private = await hall.make("bob", is_private=True, whitelist=["ann"])
    await hall.say("ann", "PUT", "/friends/bob/block")
    for who, lobby in (("bob", made), ("ann", private)):
        assert await hall.look(who, lobby) is None
        listed = (await hall.say(who, "GET", "/lobbies")).lines
        assert lobby["id"] not in [line["id"] for line in listed]
        for verb, method, body in VERBS:
            assert told(await hall.do(who, lobby, verb, body, method)) == (404, "unknown_lobby")
    await hall.do("ann", made, "leave")
    assert await hall.join("ann", private) == (404, "unknown_lobby")
    by_code = await hall.say("ann", "POST", "/lobbies/join", {"code": private["code"]})
    assert told(by_code) == (404, "unknown_lobby")


async def test_blocked_inside(hall: Hall) -> None:
    """Members who block each other stay; an owner who is blocked may be left."""
    made = await hall.make("ann")
    await hall.join("bob", made)
    await hall.say("bob", "PUT", "/friends/ann/block")
    assert names(await hall.look("bob", made)) == ["ann", "bob"]
    assert told(await hall.do("bob", made, "leave")) == (200, "")
