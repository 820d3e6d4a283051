"""What Allumette gets wrong must not go wrong here: its defects, by their numbers there, as far as
lobbies, lists and streams are concerned.

1 to 8 are of accounts and tokens: no secret has a default (tests/config/test_secrets.py), tickets stand
in for tokens in URLs and no token is logged (tests/web/test_logins.py, tests/daemon), challenges store
nothing (tests/web/test_key_login.py), version 2 of the login signs what it is for. 13, 15 and 19 are
also in tests/domain/test_lobbies.py and tests/services/test_lobbies.py; 11 and 21 stand in
test_lobby_socket.py; 6 to 8 and 22 are its web client's.
"""

from __future__ import annotations

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.domain.limits import Rate
from matchd.domain.lobbies import EMPTY
from tests.house import House
from tests.thorough import TIMES
from tests.web.lobbies import Hall, Json, listening, names, told

RACES = 20


@pytest.fixture
async def hall(house: House) -> Hall:
    """Ann, Bob and Cid, whom no limit stops."""
    made = Hall(house)
    await made.add("ann", "bob", "cid")
    return made


async def test_2_no_token_in_the_log(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither it nor a ticket, a code, a password or the id of a lobby that somebody asked for."""
    made = await hall.make("ann", is_private=True, password="hunter22")
    body = {"for": "/lobbies/stream"}
    ticket = (await hall.say("ann", "POST", "/auth/ticket", body)).json["ticket"]
    async with listening(hall, None, f"?ticket={ticket}"):
        await hall.say("bob", "POST", "/lobbies/join", {"code": made["code"]})
        await hall.join("bob", made, "hunter23")
    said = capsys.readouterr().out
    assert "lobby.created" in said
    for secret in (hall.tokens["ann"], ticket, made["code"], "hunter22", "hunter23"):
        assert secret not in said


async def test_3_deleting_a_lobby_one_is_not_in(hall: Hall) -> None:
    """Is refused, and leaves one where one is: there is no way into a second lobby."""
    one, two = await hall.make("ann"), await hall.make("bob")
    await hall.join("cid", one)
    assert told(await hall.do("cid", two, "", method="DELETE")) == (403, "forbidden")
    assert await hall.join("cid", two) == (409, "in_lobby")
    assert names(await hall.look("cid", one)) == ["ann", "cid"]


async def test_4_limits(house: House) -> None:
    """Lobbies are made no faster than the limit says, and lists in a body are bounded."""
    hall = Hall(house, free=False)
    await hall.add("ann")
    house.change(identity_rates={"lobbies": Rate.parse("2/min")})
    statuses = [(await hall.try_to_make("ann")).status for _ in range(3)]
    assert statuses == [200, 409, 429]


async def test_4_names_cannot_be_tried_out(house: House) -> None:
    """By whitelists and invitations not faster than by asking people to be friends."""
    hall = Hall(house, free=False)
    await hall.add("ann")
    house.change(identity_rates={"friends": Rate.parse("5/min")})
    answer = await hall.try_to_make("ann", whitelist=["ann"] + [f"n{n}" for n in range(9)])
    assert told(answer) == (404, "unknown_player")
    tries = [told(await hall.try_to_make("ann", whitelist=[f"n{n}"])) for n in range(4)]
    assert tries == [(404, "unknown_player")] * 3 + [(429, "rate_limited")]


async def test_9_credentials_of_other_origins(hall: Hall) -> None:
    """No origin is reflected together with credentials."""
    answer = await hall.say("ann", "GET", "/lobbies", Origin="https://evil.example.net")
    assert answer.header("access-control-allow-credentials") is None


async def test_10_the_relay_is_not_open(hall: Hall) -> None:
    """TURN is for members, its user part is the account's, and minting it is limited."""
    assert len((await hall.say("ann", "GET", "/ice-servers")).lines) == 1
    made = await hall.make("ann")
    parts = {
        (await hall.say("ann", "GET", "/ice-servers")).lines[1]["username"].partition(":")[2]
        for _ in range(3)
    }
    assert len(parts) == 1
    hall.house.change(exempt=hall.house.current.settings.trusted)
    hall.house.change(identity_rates={"credentials": Rate.parse("1/min")})
    statuses = [(await hall.say("ann", "GET", "/ice-servers")).status for _ in range(2)]
    assert statuses == [200, 429]
    assert made["is_owner"]


async def test_12_whether_a_private_lobby_plays(hall: Hall) -> None:
    """Is not told to outsiders who hold its id: each state is answered alike."""
    made = await hall.make("ann", is_private=True, whitelist=["bob"])
    secret = await hall.make("cid", is_private=True, password="hunter22")
    await hall.add("eve")
    before = [await hall.join("eve", lobby) for lobby in (made, secret)]
    await hall.do("ann", made, "start")
    await hall.do("cid", secret, "start")
    after = [await hall.join("eve", lobby) for lobby in (made, secret)]
    assert before == after == [(403, "not_whitelisted"), (403, "wrong_password")]


async def test_14_two_requests_at_once(hall: Hall) -> None:
    """Of two lobbies that somebody makes in one moment there is one; of two doors he takes one."""
    for _ in range(RACES):
        statuses: list[int] = []

        async def attempt(statuses: list[int] = statuses) -> None:
            statuses.append((await hall.try_to_make("ann")).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(attempt)
            nursery.start_soon(attempt)
        assert sorted(statuses) == [200, 409]
        assert await hall.house.store.violations() == ()
        [made] = (await hall.say("ann", "GET", "/lobbies")).lines
        await hall.do("ann", made, "", method="DELETE")


async def test_14_join_and_kick_at_once(hall: Hall) -> None:
    """Whoever is faster, he is out in the end, and in no lobby that does not know of it."""
    made = await hall.make("ann")
    await hall.join("bob", made)

    async def join() -> None:
        for _ in range(RACES):
            await hall.join("bob", made)

    async def kick() -> None:
        for _ in range(RACES):
            await hall.do("ann", made, "kick", {"player": "bob"})

    async with trio.open_nursery() as nursery:
        nursery.start_soon(join)
        nursery.start_soon(kick)
    assert await hall.join("bob", made) == (403, "kicked")
    assert names(await hall.look("ann", made)) == ["ann"]
    assert await hall.house.store.violations() == ()
    await hall.make("bob")


async def test_15_started_without_sockets(hall: Hall, autojump_clock: object) -> None:
    """It waits again, and its owner was never locked in."""
    made = await hall.make("ann")
    await hall.do("ann", made, "start")
    await trio.sleep(EMPTY)
    await hall.house.lobbies.keeper.tend()
    seen = await hall.look("ann", made)
    assert seen is not None
    assert seen["status"] == "Waiting"
    assert await hall.join("bob", made) == (200, "")


async def test_16_members_hear_of_the_end(hall: Hall) -> None:
    """By the stream at once; their sockets are closed (tests/services/test_lobbies.py)."""
    made = await hall.make("ann", is_private=True)
    await hall.join("bob", made)
    async with listening(hall, "bob") as ear:
        await hall.do("ann", made, "", method="DELETE")
        await ear.heard("removed", made["id"])


async def test_17_inviting_into_a_public_lobby(hall: Hall) -> None:
    """Locks nobody out."""
    made = await hall.make("ann")
    await hall.do("ann", made, "invite", {"player_public_keys": ["bob"]})
    assert await hall.join("cid", made) == (200, "")


async def test_18_an_empty_whitelist(hall: Hall) -> None:
    """Is none: a private lobby is joined by whoever is given its id or code."""
    made = await hall.make("ann", is_private=True, whitelist=[])
    assert await hall.join("bob", made) == (200, "")


async def test_19_the_owner_is_lost(hall: Hall) -> None:
    """The lobby is not: his account's end makes the oldest member its owner."""
    made = await hall.make("ann", is_private=True, whitelist=["bob"])
    await hall.join("bob", made)
    answer = await hall.say("ann", "DELETE", "/auth/me", {"password": "correct horse"})
    assert answer.status == 200
    await hall.house.revocations.read()
    await hall.house.lobbies.keeper.tend()
    seen = await hall.look("bob", made)
    assert seen is not None
    assert (seen["is_owner"], names(seen)) == (True, ["bob"])


async def test_20_short_names(hall: Hall) -> None:
    """A foreign account of one letter makes and leaves a lobby like any other."""
    token = hall.house.token(subject="x_club:a")
    hall.tokens["short"] = token
    made = await hall.make("short")
    assert names(made) == ["player~club"]
    assert told(await hall.do("short", made, "leave")) == (200, "")


async def test_23_who_comes_after_the_last_change(hall: Hall) -> None:
    """Is shown how things stand."""
    made = await hall.make("ann")
    async with listening(hall, "bob") as ear:
        assert ear.events[0]["lobbies"][0]["id"] == made["id"]


DEEDS = ("make", "join 1", "join 2", "leave", "delete", "kick ann", "kick bob", "start", "invite")
STEPS = st.lists(st.tuples(st.sampled_from(("ann", "bob", "cid")), st.sampled_from(DEEDS)))


async def act(hall: Hall, who: str, deed: str, made: list[Json]) -> None:
    """One deed, at the lobbies that were made last; whatever it is answered, it is no fault of ours."""
    word, _, target = deed.partition(" ")
    lobby = made[-1] if made else {"id": "none"}
    if word == "make":
        answer = await hall.try_to_make(who, is_private=len(made) % 2 == 0)
        made.extend([answer.json] if answer.status == 200 else [])
    elif word == "join":
        answer = await hall.do(who, made[-int(target)] if len(made) > 1 else lobby, "join")
    elif word == "delete":
        answer = await hall.do(who, lobby, "", method="DELETE")
    elif word == "kick":
        answer = await hall.do(who, lobby, "kick", {"player": target})
    else:
        body = {"player_public_keys": ["cid"]} if word == "invite" else None
        answer = await hall.do(who, lobby, word, body)
    assert answer.status in (200, 400, 403, 404, 409)


@settings(max_examples=20 * TIMES, deadline=None)
@given(STEPS)
def test_any_order_of_deeds(steps: list[tuple[str, str]]) -> None:
    """Nobody is ever in two lobbies, and an outsider of a private one is told nothing of it, in the
    list, by its id, or by the stream.
    """

    async def live() -> None:
        hall, made = Hall(House()), list[Json]()
        await hall.add("ann", "bob", "cid", "out")
        async with listening(hall, "out") as ear:
            for who, deed in steps:
                await act(hall, who, deed, made)
                assert await hall.house.store.violations() == ()
                listed = await hall.say("out", "GET", "/lobbies")
                for lobby in made:
                    if lobby["is_private"]:
                        assert await hall.look("out", lobby) is None
                        assert lobby["id"] not in listed.body.decode()
                        assert lobby["id"] not in ear.text
                    assert lobby["code"] not in listed.body.decode() + ear.text

    trio.run(live)
