"""What members and owners do in lobbies over HTTP (wire.md 5)."""

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


async def test_inviting_locks_nobody_out(hall: Hall) -> None:
    """Into a public lobby everybody comes as before; into a private one the invited, too."""
    public = await hall.make("ann")
    body = {"player_public_keys": ["bob", "bob", hall.ids["bob"]]}
    answer = await hall.do("ann", public, "invite", body)
    assert answer.json == {"success": True, "invited_count": 1}
    assert await hall.join("cid", public) == (200, "")
    await hall.add("dan", "eve")
    private = await hall.make("dan", is_private=True, whitelist=["eve"])
    assert await hall.look("bob", private) is None
    await hall.do("dan", private, "invite", {"player_public_keys": ["bob"]})
    assert await hall.join("bob", private) == (200, "")
    assert await hall.join("eve", private) == (200, "")


async def test_kicking(hall: Hall) -> None:
    """Who was put out stays out until he is invited."""
    made = await hall.make("ann")
    await hall.join("bob", made)
    assert names((await hall.do("ann", made, "kick", {"player": "BOB"})).json) == ["ann"]
    assert await hall.join("bob", made) == (403, "kicked")
    assert told(await hall.do("ann", made, "kick", {"player": "bob"})) == (404, "unknown_player")
    assert told(await hall.do("ann", made, "kick", {"player": "ann"})) == (400, "invalid_request")
    await hall.do("ann", made, "invite", {"player_public_keys": [hall.ids["bob"]]})
    assert await hall.join("bob", made) == (200, "")


async def test_handing_over(hall: Hall) -> None:
    """The former owner is a member; nobody outside can be made one."""
    made = await hall.make("ann")
    await hall.join("bob", made)
    assert told(await hall.do("ann", made, "owner", {"player": "cid"})) == (404, "unknown_player")
    after = (await hall.do("ann", made, "owner", {"player": hall.ids["bob"]})).json
    assert [player["is_owner"] for player in after["players"]] == [False, True]
    assert told(await hall.do("ann", made, "start")) == (403, "forbidden")
    assert told(await hall.do("bob", made, "start")) == (200, "")


async def test_ready_and_start(hall: Hall) -> None:
    """Readiness is shown to members; a game that has started is entered by nobody, twice is once."""
    made = await hall.make("ann")
    await hall.join("bob", made)
    ready = (await hall.do("bob", made, "ready", {"ready": True})).json
    assert [player["ready"] for player in ready["players"]] == [False, True]
    for _ in range(2):
        assert (await hall.do("ann", made, "start")).json["status"] == "InProgress"
    assert await hall.join("cid", made) == (409, "game_started")
    assert await hall.join("bob", made) == (200, "")
    assert told(await hall.do("bob", made, "ready", {"ready": False})) == (409, "game_started")


async def test_full(hall: Hall) -> None:
    """Is told so; a larger lobby takes more, and none is made smaller than it is full."""
    made = await hall.make("ann", max_players=2)
    await hall.join("bob", made)
    assert await hall.join("cid", made) == (423, "lobby_full")
    changed = await hall.do("ann", made, "", {"max_players": 3}, "PATCH")
    assert changed.json["max_players"] == 3
    assert await hall.join("cid", made) == (200, "")
    small = await hall.do("ann", made, "", {"max_players": 2}, "PATCH")
    assert told(small) == (400, "invalid_request")


async def test_changing(hall: Hall) -> None:
    """What was not sent stays; the owner alone may, and not with what makes no sense."""
    made = await hall.make("ann", name="one", metadata={"a": 1})
    await hall.join("bob", made)
    after = (await hall.do("ann", made, "", {"name": "two", "is_private": True}, "PATCH")).json
    assert (after["name"], after["is_private"], after["metadata"]) == ("two", True, {"a": 1})
    assert await hall.look("cid", made) is None
    assert told(await hall.do("bob", made, "", {"name": "x"}, "PATCH")) == (403, "forbidden")
    bodies: tuple[object, ...] = (
        {"name": None},
        {"max_players": 99},
        {"metadata": 5},
        {"is_private": "no"},
        [],
    )
    for body in bodies:
        assert (await hall.do("ann", made, "", body, "PATCH")).status == 400
    assert told(await hall.do("ann", made, "", {}, "PATCH")) == (200, "")
