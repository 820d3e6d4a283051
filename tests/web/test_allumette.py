"""Allumette's own tests, restated against us (wire.md 5): the 24 of its HTTP API and the 4 of its ICE
route, each under its name there. What of them holds differently here is said where it stands.

Its 5 tests of the WebSocket (connection_with_token_in_path, without_token_fails,
with_invalid_token_fails, two_players_connect_to_same_lobby, without_joining_lobby_fails) stand in
test_lobby_socket.py.
"""

from __future__ import annotations

import pytest

from matchd.turn import TurnPlan
from tests.house import House
from tests.web.lobbies import Hall, Json, listening, told
from tests.web.people import Key, challenge, enter


@pytest.fixture
async def hall(house: House) -> Hall:
    """Four players, each of whom is a key."""
    made = Hall(house)
    await made.add_keys("ann", "bob", "cid", "dan")
    return made


def key(hall: Hall, *names: str) -> list[str]:
    """The public keys of players."""
    return [hall.keys[name].public for name in names]


async def ids(hall: Hall, who: str | None) -> list[str]:
    """The lobbies that somebody is listed."""
    return [one["id"] for one in (await hall.say(who, "GET", "/lobbies")).lines]


async def join(hall: Hall, who: str, lobby: Json) -> int:
    """Come in: the status."""
    return (await hall.join(who, lobby))[0]


async def test_authentication_flow(hall: Hall) -> None:
    """A challenge, its signature, a token."""
    made = await enter(hall.client, Key("eve"))
    assert made.status == 200
    assert made.json["token"]


async def test_authentication_flow_invalid_signature(hall: Hall) -> None:
    """A signature over something else is refused."""
    body = Key("eve").signed(await challenge(hall.client), "something else")
    assert (await hall.client.ask("POST", "/auth/login", body)).status == 401


async def test_public_lobby_flow(hall: Hall) -> None:
    """Ann makes one, both are listed it, Bob joins."""
    made = await hall.make("ann")
    assert await ids(hall, "ann") == await ids(hall, "bob") == [made["id"]]
    assert await join(hall, "bob", made) == 200


async def test_private_lobby_flow(hall: Hall) -> None:
    """Its owner alone is listed it."""
    made = await hall.make("ann", is_private=True)
    assert (await ids(hall, "bob"), await ids(hall, "ann")) == ([], [made["id"]])


async def test_owner_sees_private_lobby_discovery(hall: Hall) -> None:
    """An intruder is neither listed it nor let in."""
    made = await hall.make("ann", is_private=True, whitelist=key(hall, "bob"))
    assert (await ids(hall, "ann"), await ids(hall, "dan")) == ([made["id"]], [])
    assert await join(hall, "dan", made) == 403


async def test_whitelisted_player_discovery(hall: Hall) -> None:
    """Who is on the list is listed it; another is not."""
    made = await hall.make("ann", is_private=True, whitelist=key(hall, "bob"))
    assert (await ids(hall, "bob"), await ids(hall, "dan")) == ([made["id"]], [])
    assert await join(hall, "dan", made) == 403


async def test_whitelist_allows_whitelisted_player(hall: Hall) -> None:
    """Who is on the list is let in."""
    made = await hall.make("ann", is_private=True, whitelist=key(hall, "bob"))
    assert await join(hall, "bob", made) == 200


async def test_whitelist_blocks_non_whitelisted_player(hall: Hall) -> None:
    """Another is not, in a public lobby either."""
    for private in (True, False):
        made = await hall.make("ann", is_private=private, whitelist=key(hall, "bob"))
        assert await join(hall, "cid", made) == 403
        await hall.do("ann", made, "", method="DELETE")


async def test_whitelist_multiple_players(hall: Hall) -> None:
    """Two are on it, a third is not."""
    made = await hall.make("ann", is_private=True, whitelist=key(hall, "bob", "cid"))
    assert [await join(hall, who, made) for who in ("bob", "cid", "dan")] == [200, 200, 403]


async def test_lobby_without_whitelist_allows_all_players(hall: Hall) -> None:
    """Private and without a list: whoever holds its id."""
    made = await hall.make("ann", is_private=True)
    assert await join(hall, "bob", made) == 200


async def test_delete_lobby(hall: Hall) -> None:
    """It is gone, and the second time it is not found."""
    made = await hall.make("ann")
    deleted = [(await hall.do("ann", made, "", method="DELETE")).status for _ in range(2)]
    assert deleted == [200, 404]
    assert await ids(hall, "ann") == []


async def test_delete_lobby_with_multiple_players(hall: Hall) -> None:
    """It is gone for all, who may make others."""
    made = await hall.make("ann")
    await join(hall, "bob", made)
    await hall.do("ann", made, "", method="DELETE")
    assert await ids(hall, "ann") == await ids(hall, "bob") == []
    await hall.make("bob")


async def test_player_can_leave_lobby(hall: Hall) -> None:
    """A member's DELETE is his leaving; the lobby stays."""
    made = await hall.make("ann")
    await join(hall, "bob", made)
    counts = [(await hall.do("ann", made, "", method="GET")).json["player_count"]]
    assert (await hall.do("bob", made, "", method="DELETE")).status == 200
    counts.append((await hall.do("ann", made, "", method="GET")).json["player_count"])
    assert counts == [2, 1]


async def test_owner_deletes_lobby_completely(hall: Hall) -> None:
    """The owner's DELETE is nobody's leaving: it ends for all, and is handed to nobody."""
    made = await hall.make("ann")
    await join(hall, "bob", made)
    await hall.do("ann", made, "", method="DELETE")
    assert (await hall.do("bob", made, "", method="GET")).status == 404


async def test_cannot_create_multiple_lobbies(hall: Hall) -> None:
    """The second is refused."""
    await hall.make("ann")
    assert (await hall.try_to_make("ann")).status == 409


async def test_cannot_join_multiple_lobbies(hall: Hall) -> None:
    """Nor may one join a second one."""
    one, two = await hall.make("ann"), await hall.make("bob")
    assert [await join(hall, "cid", lobby) for lobby in (one, two)] == [200, 409]


async def test_can_rejoin_same_lobby(hall: Hall) -> None:
    """Joining again is answered like the first time."""
    made = await hall.make("ann")
    assert [await join(hall, "bob", made) for _ in range(2)] == [200, 200]


async def test_invite_friends_to_private_lobby(hall: Hall) -> None:
    """Not listed, invited, listed, in."""
    made = await hall.make("ann", is_private=True)
    before = await ids(hall, "bob")
    body = {"player_public_keys": key(hall, "bob")}
    assert (await hall.do("ann", made, "invite", body)).status == 200
    assert (before, await ids(hall, "bob")) == ([], [made["id"]])
    assert await join(hall, "bob", made) == 200


async def test_only_owner_can_invite(hall: Hall) -> None:
    """A member may not."""
    made = await hall.make("ann")
    await join(hall, "bob", made)
    body = {"player_public_keys": key(hall, "cid")}
    assert (await hall.do("bob", made, "invite", body)).status == 403


async def test_lobby_response_visibility(hall: Hall) -> None:
    """Members see each other's keys and who they are themselves; others see nobody."""
    made = await hall.make("ann", whitelist=key(hall, "bob", "cid"))
    await join(hall, "bob", made)
    inside = (await hall.do("bob", made, "", method="GET")).json
    seen = [(player["publicKey"], player["is_you"]) for player in inside["players"]]
    assert seen == list(zip(key(hall, "ann", "bob"), (False, True), strict=True))
    outside = (await hall.do("dan", made, "", method="GET")).json
    assert (outside["players"], outside["player_count"]) == ([], 2)
    assert not {"owner", "whitelist", "code", "password"} & set(outside)


async def test_cache_control_headers_on_sensitive_endpoints(hall: Hall) -> None:
    """No cache keeps an answer."""
    made = await hall.make("ann")
    for path in ("/lobbies", f"/lobbies/{made['id']}", "/ice-servers"):
        answer = await hall.say("ann", "GET", path)
        assert answer.header("cache-control") == "no-store"
    assert (await hall.say(None, "POST", "/auth/challenge")).header("cache-control") == "no-store"


async def test_sse_stream_cache_headers(hall: Hall) -> None:
    """Nor the stream."""
    async with listening(hall, None) as ear:
        assert ear.headers["cache-control"] == "no-store"
        assert ear.headers["content-type"].startswith("text/event-stream")


async def test_whitelist_not_exposed_to_non_whitelisted_players(hall: Hall) -> None:
    """Who is on a list is told to nobody who is not."""
    made = await hall.make("ann", whitelist=key(hall, "bob"))
    seen = await hall.do("dan", made, "", method="GET")
    assert seen.json["is_whitelisted"] is False
    assert key(hall, "bob")[0] not in seen.body.decode()
    assert hall.ids["bob"] not in seen.body.decode()
    assert (await hall.do("bob", made, "", method="GET")).json["is_whitelisted"] is True


async def test_invite_response_does_not_leak_public_keys(hall: Hall) -> None:
    """It says how many were invited, and no more."""
    made = await hall.make("ann")
    body = {"player_public_keys": key(hall, "bob", "cid")}
    answer = await hall.do("ann", made, "invite", body)
    assert answer.json == {"success": True, "invited_count": 2}


async def test_ice_servers_unauthorized(hall: Hall) -> None:
    """A token is needed."""
    assert (await hall.say(None, "GET", "/ice-servers")).status == 401


async def test_ice_servers_authorized(hall: Hall) -> None:
    """STUN and TURN; here TURN is for those who are in a lobby."""
    await hall.make("ann")
    entries = (await hall.say("ann", "GET", "/ice-servers")).lines
    assert len(entries) == 2
    assert {"username", "credential"} <= set(entries[1])


async def test_ice_servers_stun_only(hall: Hall) -> None:
    """Without a TURN server there is one entry."""
    hall.house.change(turn=TurnPlan(stun=("stun:turn.example.net:3478",)))
    await hall.make("ann")
    assert (await hall.say("ann", "GET", "/ice-servers")).lines == [
        {"urls": ["stun:turn.example.net:3478"]}
    ]


async def test_ice_servers_cors(hall: Hall) -> None:
    """Pages of configured origins may ask."""
    hall.house.change(cors_origins=("https://game.example.net",))
    for origin, allowed in (("https://game.example.net",) * 2, ("https://evil.example.net", None)):
        answer = await hall.say("ann", "GET", "/ice-servers", Origin=origin)
        assert answer.header("access-control-allow-origin") == allowed
        assert answer.header("access-control-allow-credentials") is None


async def test_the_status_codes_of_its_clients(hall: Hall) -> None:
    """What its clients look at: 200 and not 201 for a new lobby, 409 for a game that has started."""
    answer = await hall.try_to_make("ann")
    assert answer.status == 200
    await hall.do("ann", answer.json, "start")
    assert await hall.join("bob", answer.json) == (409, "game_started")
    assert told(await hall.do("ann", answer.json, "start")) == (200, "")
