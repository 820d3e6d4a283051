"""Accounts that are a key, as Allumette's client logs in, and in the second version (wire.md 4)."""

from __future__ import annotations

import base64

import pytest
import trio
import trio.testing

from tests.house import House
from tests.web.client import Client
from tests.web.people import ORIGIN, Key, challenge, enter, payload, sign_up


async def test_allumettes_login(client: Client) -> None:
    """An empty request for a challenge, four text fields back, a token in JSON whatever is accepted."""
    key = Key()
    text = await challenge(client)
    assert text.isascii()
    assert text.isalnum()
    answer = await client.ask("POST", "/auth/login", key.v1(text))
    assert answer.status == 200
    assert payload_of(answer.json["token"]) == answer.json["account"]
    assert answer.json["account"]["id"].startswith("k_")


def payload_of(token: str) -> dict[str, str]:
    """The account that a token names."""
    part = token.split(".")[1]
    readable = part.replace("-", "+").replace("_", "/")
    claims = payload(f".{readable}.")
    return {"id": claims["sub"], "name": claims["name"]}


async def test_the_key_is_the_account(client: Client) -> None:
    """The same key is the same account under its first name; another key with that name is another."""
    key = Key("Kim")
    first = (await enter(client, key)).json["account"]
    again = (await enter(client, Key("Other", key.private))).json["account"]
    stranger = (await enter(client, Key("Kim"))).json["account"]
    assert first == again
    assert first["id"] != stranger["id"]
    assert first["name"] != stranger["name"]
    assert {first["name"][:4], stranger["name"][:4]} == {"Kim~"}


async def test_a_challenge_says_what_address_to_sign(client: Client) -> None:
    """A client that asks at another address can tell before it signs."""
    answer = await client.ask("POST", "/auth/challenge", {})
    assert answer.json["origin"] == ORIGIN


async def test_a_key_account_is_told_its_key(client: Client) -> None:
    """From which every device can make the friend code; a password's has none."""
    key = Key("Kim")
    entered, ann = (await enter(client, key)).json, await sign_up(client)
    shown = (await client.ask("GET", "/auth/me", bearer=entered["token"])).json
    assert shown["publicKey"] == key.public
    assert (await client.ask("GET", "/auth/me", bearer=ann["token"])).json["publicKey"] is None


async def test_a_challenge_is_good_once(client: Client) -> None:
    """Whoever replays a login, or signs the same challenge with another key, is refused."""
    key, text = Key(), await challenge(client)
    assert (await client.ask("POST", "/auth/login", key.v1(text))).status == 200
    for body in (
        key.v1(text),
        key.v2(text),
        Key().v1(text),
        key.v1(text.upper()),
        key.v1(f"{text[:2]} {text[2:]}"),
    ):
        answer = await client.ask("POST", "/auth/login", body)
        assert (answer.status, answer.code) == (401, "bad_credentials")


async def test_a_wrong_signature_spends_nothing(client: Client) -> None:
    """Nobody can use up the challenge of another."""
    key, text = Key(), await challenge(client)
    wrong = key.v1(text) | {"signature_b64": Key().v1(text)["signature_b64"]}
    assert (await client.ask("POST", "/auth/login", wrong)).status == 401
    assert (await client.ask("POST", "/auth/login", key.v1(text))).status == 200


async def test_two_at_once_with_one_challenge(house: House) -> None:
    """The first valid signature spends it."""
    key, text = Key(), await challenge(Client(house))
    statuses: list[int] = []

    async def attempt() -> None:
        statuses.append((await Client(house).ask("POST", "/auth/login", key.v1(text))).status)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(attempt)
    assert sorted(statuses) == [200, 401, 401]


async def test_a_challenge_is_good_for_a_minute(
    client: Client, autojump_clock: trio.testing.MockClock
) -> None:
    """At 59 s it still is, at 60 s no more."""
    early, late = await challenge(client), await challenge(client)
    await trio.sleep(59)
    assert (await client.ask("POST", "/auth/login", Key().v1(early))).status == 200
    await trio.sleep(1)
    assert (await client.ask("POST", "/auth/login", Key().v1(late))).status == 401


@pytest.mark.parametrize("text", ["x" * 32, "ab" * 40, "00" * 40, "é", "zz", "ab" * 500])
async def test_a_challenge_of_ones_own(client: Client, text: str) -> None:
    """What we have not sealed is no challenge."""
    assert (await client.ask("POST", "/auth/login", Key().v1(text))).status == 401


async def test_a_flood_of_challenges_stores_nothing(house: House, client: Client) -> None:
    """Nothing is written when one is asked for."""
    before = house.store.database._writer.total_changes
    for _ in range(100):
        await challenge(client)
    assert before == house.store.database._writer.total_changes


async def test_version_two_signs_all_that_it_is_for(client: Client) -> None:
    """Origin, key, name and challenge: for exactly these it opens."""
    key = Key()
    assert (await enter(client, key, 2)).status == 200
    text = await challenge(client)
    for body in (
        key.v2(text, "https://evil.example"),
        key.v2(text) | {"username": "other"},
        key.v2(text) | {"public_key_b64": Key().public},
        key.v2(text) | {"challenge": await challenge(client)},
        key.v1(text) | {"v": 2},
        key.v2(text, "https://play.example.net/"),
        key.signed(text, f"matchd-login-v2\n{text}") | {"v": 2},
    ):
        answer = await client.ask("POST", "/auth/login", body)
        assert (answer.status, answer.code) == (401, "bad_credentials")
    assert (await client.ask("POST", "/auth/login", key.v2(text))).status == 200


async def test_the_vector_of_version_two(house: House) -> None:
    """The message byte by byte, as another implementation has to make it."""
    key = Key("kim")
    text = "0123"
    proof_message = f"matchd-login-v2\nhttps://play.example.net\n{key.public}\nkim\n{text}".encode()
    body = key.v2(text)
    raw = base64.b64decode(str(body["signature_b64"]))
    key.private.public_key().verify(raw, proof_message)


async def test_who_has_used_version_two_is_refused_version_one(client: Client) -> None:
    """For good: a signature over the challenge alone opens this account no more."""
    key = Key()
    assert (await enter(client, key, 1)).status == 200
    assert (await enter(client, key, 2)).status == 200
    answer = await enter(client, key, 1)
    assert (answer.status, answer.code) == (401, "bad_credentials")
    assert (await enter(client, key, 2)).status == 200


async def test_version_one_can_be_turned_off(house: House, client: Client) -> None:
    """`auth.key_login_v1 = false` leaves the second version, and says so."""
    house.change(key_login_v1=False)
    answer = await enter(client, Key(), 1)
    assert answer.status == 401
    assert "version 2" in answer.json["error"]
    assert (await enter(client, Key(), 2)).status == 200


WEAK = base64.b64encode(bytes(32)).decode()
BODIES = {
    "a short key": ({"public_key_b64": "AAAA"}, 400),
    "a key that is no base64": ({"public_key_b64": "!" * 44}, 400),
    "a key of another alphabet": ({"public_key_b64": "-" * 43 + "="}, 400),
    "a key of small order": ({"public_key_b64": WEAK}, 401),
    "its negative": ({"public_key_b64": base64.b64encode(bytes(31) + b"\x80").decode()}, 401),
    "a short signature": ({"signature_b64": "AAAA"}, 401),
    "no signature": ({"signature_b64": None}, 400),
    "no challenge": ({"challenge": None}, 400),
    "a version to come": ({"v": 3}, 400),
    "a name of two lines": ({"username": "a\nb"}, 400),
    "a long name": ({"username": "x" * 257}, 400),
    "a number for a name": ({"username": 7}, 400),
}


@pytest.mark.parametrize(("changes", "status"), BODIES.values(), ids=BODIES)
async def test_malformed_proofs(client: Client, changes: dict[str, object], status: int) -> None:
    """Each is refused, and none spends the challenge."""
    key, text = Key(), await challenge(client)
    answer = await client.ask("POST", "/auth/login", key.v1(text) | changes)
    assert status == answer.status
    assert (await client.ask("POST", "/auth/login", key.v1(text))).status == 200


@pytest.mark.parametrize("name", ["José ", "p\u0430ul", "🦊", "", "x" * 200])
async def test_any_name_is_made_one_of_ours(client: Client, name: str) -> None:
    """Accents and foreign letters are taken off; the key's hash stands behind it."""
    made = (await enter(client, Key(name))).json["account"]["name"]
    front, _, tail = made.partition("~")
    assert front.isascii()
    assert 2 <= len(front) <= 32
    assert len(tail) == 8
