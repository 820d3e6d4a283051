"""Lobbies over HTTP (wire.md 5): the doors."""

from __future__ import annotations

import pytest

from matchd.domain.limits import Rate
from matchd.services.lobbies import CODE_ALPHABET
from tests.house import House
from tests.web.client import Client
from tests.web.lobbies import Hall, names, told


@pytest.fixture
async def hall(house: House) -> Hall:
    """Ann, Bob and Cid, whom no limit stops."""
    made = Hall(house)
    await made.add("ann", "bob", "cid")
    return made


async def test_making_one(hall: Hall) -> None:
    """The maker is in it and owns it; what was not said has its default."""
    made = await hall.make("ann")
    [player] = made.pop("players")
    code = made.pop("code")
    assert len(code) == 8
    assert set(code) <= set(CODE_ALPHABET)
    assert made == {
        "id": made["id"],
        "game_id": "chess",
        "name": "chess",
        "is_owner": True,
        "player_count": 1,
        "max_players": 8,
        "status": "Waiting",
        "is_private": False,
        "is_whitelisted": True,
        "has_password": False,
        "metadata": {},
    }
    me = hall.ids["ann"]
    assert player == {
        "id": me,
        "publicKey": me,
        "name": "ann",
        "is_you": True,
        "is_owner": True,
        "connected": False,
        "ready": False,
    }


async def test_everything_that_can_be_said(hall: Hall) -> None:
    """Name, size, password and metadata are what was sent; the password itself is nowhere."""
    fields = {
        "name": "Zoë's \U0001f98a",
        "max_players": 2,
        "password": "hunter22",
        "metadata": {"map": ["a", 1.5, None]},
    }
    made = await hall.make("ann", **fields)
    assert (made["name"], made["max_players"]) == (fields["name"], 2)
    assert (made["metadata"], made["has_password"]) == (fields["metadata"], True)
    stored = await hall.house.store.lobbies.of(hall.ids["ann"])
    assert "hunter22" not in repr(stored)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"is_private": None}, "is_private"),
        ({"is_private": 1}, "is_private"),
        ({"game_id": None}, "game_id"),
        ({"game_id": ""}, "game_id"),
        ({"game_id": "x" * 65}, "game_id"),
        ({"game_id": "a\nb"}, "game_id"),
        ({"name": ""}, "name"),
        ({"name": "x\x00"}, "name"),
        ({"max_players": 1}, "max_players"),
        ({"max_players": 65}, "max_players"),
        ({"max_players": True}, "max_players"),
        ({"password": ""}, "password"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 2048}}, "metadata"),
        ({"whitelist": "bob"}, "whitelist"),
        ({"whitelist": [f"u_{number}" for number in range(501)]}, "whitelist"),
    ],
)
async def test_what_is_not_valid(hall: Hall, fields: dict[str, object], named: str) -> None:
    """The field is named, and nothing is made."""
    answer = await hall.try_to_make("ann", **fields)
    assert told(answer) == (400, "invalid_request")
    assert f"`{named}" in answer.json["error"]
    assert await hall.listed("ann") == []


async def test_a_whitelist_of_ten_thousand(hall: Hall) -> None:
    """Is refused, whether it fits into a body or not."""
    for text in ("x", "u_" + "x" * 40):
        answer = await hall.try_to_make("ann", whitelist=[text] * 10_000)
        assert answer.status == (400 if text == "x" else 413)
    assert await hall.listed("ann") == []


async def test_joining_and_leaving(hall: Hall) -> None:
    """The oldest member owns it when the owner leaves; the last one's leaving ends it."""
    made = await hall.make("ann")
    assert await hall.join("bob", made) == (200, "")
    assert await hall.join("cid", made) == (200, "")
    assert names(await hall.look("bob", made)) == ["ann", "bob", "cid"]
    for who, owner in (("ann", "bob"), ("cid", "bob")):
        assert told(await hall.do(who, made, "leave")) == (200, "")
        seen = await hall.look(owner, made)
        assert seen is not None
        assert seen["is_owner"]
    await hall.do("bob", made, "leave")
    assert await hall.look("bob", made) is None


async def test_one_lobby_each(hall: Hall) -> None:
    """The second is refused whichever way it is entered, and the first stays."""
    made, other = await hall.make("ann"), await hall.make("bob")
    assert await hall.join("ann", other) == (409, "in_lobby")
    assert told(await hall.try_to_make("ann")) == (409, "in_lobby")
    by_code = await hall.say("ann", "POST", "/lobbies/join", {"code": other["code"]})
    assert told(by_code) == (409, "in_lobby")
    assert names(await hall.look("ann", made)) == ["ann"]


async def test_a_code_as_people_type_it(hall: Hall) -> None:
    """In small letters, with a dash; a private lobby's too. Members alone are told it."""
    made = await hall.make("ann", is_private=True)
    code = made["code"]
    typed = f"{code[:4]}-{code[4:]} ".lower()
    answer = await hall.say("bob", "POST", "/lobbies/join", {"code": typed})
    assert (answer.json["id"], answer.json["code"]) == (made["id"], code)
    wrong = await hall.say("cid", "POST", "/lobbies/join", {"code": "AAAAAAAA"})
    assert told(wrong) == (404, "unknown_lobby")
    public = await hall.make("cid")
    seen = await hall.look("bob", public)
    assert seen is not None
    assert "code" not in seen


async def test_a_password(hall: Hall) -> None:
    """Is needed at every door, and again after it was changed; who is in needs none."""
    made = await hall.make("ann", password="hunter22")
    assert await hall.join("bob", made) == (403, "wrong_password")
    assert await hall.join("bob", made, "hunter2") == (403, "wrong_password")
    body = {"code": made["code"]}
    assert told(await hall.say("bob", "POST", "/lobbies/join", body)) == (403, "wrong_password")
    assert await hall.join("bob", made, "hunter22") == (200, "")
    assert await hall.join("bob", made) == (200, "")
    await hall.do("ann", made, "", {"password": "other"}, "PATCH")
    assert await hall.join("cid", made, "hunter22") == (403, "wrong_password")
    await hall.do("ann", made, "", {"password": None}, "PATCH")
    assert await hall.join("cid", made) == (200, "")


async def test_guesses_are_limited_like_logins(house: House) -> None:
    """Codes and passwords together, whoever is asked; a join without either goes on."""
    hall = Hall(house, free=False)
    await hall.add("ann", "bob")
    made = await hall.make("ann", password="hunter22")
    house.change(identity_rates={"logins": Rate.parse("3/min")})
    tries = [await hall.join("bob", made, f"guess{number}") for number in range(2)]
    codes = [told(await hall.say("bob", "POST", "/lobbies/join", {"code": "X"})) for _ in range(2)]
    assert tries + codes == [(403, "wrong_password")] * 2 + [
        (404, "unknown_lobby"),
        (429, "rate_limited"),
    ]
    assert await hall.join("bob", made, "hunter22") == (429, "rate_limited")
    assert await hall.join("bob", made) == (403, "wrong_password")


async def test_a_whitelist(hall: Hall) -> None:
    """By name, id or key; others are refused in every state; an empty one is none."""
    await hall.add_keys("kim")
    made = await hall.make(
        "ann", is_private=True, whitelist=["BOB", hall.ids["cid"], hall.keys["kim"].public]
    )
    await hall.add("eve")
    assert await hall.join("eve", made) == (403, "not_whitelisted")
    for who in ("bob", "cid", "kim"):
        assert await hall.join(who, made) == (200, "")
    await hall.do("ann", made, "start")
    assert await hall.join("eve", made) == (403, "not_whitelisted")
    assert await hall.look("eve", made) is None
    open_one = await hall.make("eve", is_private=True, whitelist=[])
    await hall.do("bob", made, "leave")
    assert await hall.join("bob", open_one) == (200, "")


async def test_a_whitelist_with_a_stranger(hall: Hall) -> None:
    """He is named, and nothing is made."""
    answer = await hall.try_to_make("ann", whitelist=["bob", "nobody"])
    assert told(answer) == (404, "unknown_player")
    assert "nobody" in answer.json["error"]
    assert await hall.listed("ann") == []


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "join"), ("GET", "join"), ("PUT", "stream")]
)
async def test_words_that_are_routes(house: House, method: str, path: str) -> None:
    """A wrong method there is a wrong method, and no lobby of that name is looked for."""
    answer = await Client(house).ask(method, f"/lobbies/{path}")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.header("allow") is not None
