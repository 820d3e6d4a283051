"""Accounts with passwords over HTTP, as melangerie's clients and ours use them (wire.md 4)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from matchd.domain.limits import Rate
from matchd.errors import StoreUnavailable
from matchd.hasher import Done
from matchd.services.hashing import QUEUE, HashingLane
from matchd.store.embedded.durable import Database
from tests.house import House
from tests.web.client import Answer, Client
from tests.web.people import FORM, JSON, PASSWORD, log_in, payload, sign_up


async def test_melangeries_browser_signs_up_and_logs_in(client: Client) -> None:
    """Its bodies, unescaped as it sends them: a bare token in text, whose name it can read."""
    body = b"name=Ann&password=corr ct%horse+\xc3\xa9"
    for path in ("/auth/createuser", "/auth/login"):
        answer = await client.ask("POST", path, raw=body, headers=FORM)
        assert (answer.status, answer.header("content-type")) == (200, "text/plain; charset=utf-8")
        assert payload(answer.body.decode())["name"] == "Ann"


async def test_its_token_goes_into_the_header_bare(client: Client) -> None:
    """`Authorization: <token>` without a scheme says who calls."""
    token = (await sign_up(client))["token"]
    answer = await client.ask("GET", "/auth/me", headers={"Authorization": token})
    assert answer.json["name"] == "ann"


async def test_its_document_says_json(client: Client) -> None:
    """The same by JSON; asked for JSON, the answer is the whole pair with the account."""
    made = await sign_up(client)
    assert set(made) == {"token", "expiresIn", "refreshToken", "account"}
    assert (made["expiresIn"], made["account"]["name"]) == (3600, "ann")
    assert made["account"]["id"].startswith("u_")
    bare = await client.ask("POST", "/auth/login", {"name": "ann", "password": PASSWORD})
    assert payload(bare.body.decode())["sub"] == made["account"]["id"]


@pytest.mark.parametrize("good", [0, 1])
async def test_a_sign_up_is_whole_or_not_at_all(
    client: Client, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """Wherever the disk is full, a name is taken only by a sign-up that was answered with 200."""
    write, left = Database.write, [True] * good

    async def failing(database: Database, step: Callable[[sqlite3.Connection], object]) -> object:
        if not left:
            raise StoreUnavailable("The disk is full.", retry_after=5)
        left.pop()
        return await write(database, step)

    monkeypatch.setattr(Database, "write", failing)
    body = {"name": "ann", "password": PASSWORD}
    answer = await client.ask("POST", "/auth/createuser", body)
    assert answer.status == (200 if good else 503)
    known = (await client.ask("GET", "/auth/checkuser/ann")).body
    assert known == (b"found" if good else b"not found")


@pytest.mark.parametrize("name", ["ann", "ANN", "bob", "no%20name", "a"])
async def test_checkuser(client: Client, name: str) -> None:
    """`found` in any case of letters, else `not found`; JSON when asked."""
    await sign_up(client)
    known = name.lower() == "ann"
    path = f"/auth/checkuser/{name}"
    assert (await client.ask("GET", path)).body == (b"found" if known else b"not found")
    assert (await client.ask("GET", path, headers=JSON)).json == {"found": known}


@pytest.mark.parametrize(
    "name", ["a", "x" * 33, "no space", "p\u0430ul", "nul\0", "tab\tbed", "", "a/b", "a~b", "ﬀ"]
)
async def test_names_that_may_not_be(client: Client, name: str) -> None:
    """Control characters, letters that look like others, too short, too long: refused by field."""
    answer = await client.ask("POST", "/auth/createuser", {"name": name, "password": PASSWORD})
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert "`name`" in answer.json["error"]


async def test_a_password_may_be_eight_emoji(client: Client) -> None:
    """As JSON and as a form it is the same password."""
    await sign_up(client, password="🦊" * 8)
    raw = f"name=ann&password={'🦊' * 8}".encode()
    assert (await client.ask("POST", "/auth/login", raw=raw, headers=FORM)).status == 200


async def test_ten_megabytes_never_reach_the_lane(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body over 64 KiB is 413, a password over 256 characters 400 or simply wrong."""

    async def hashed(*_: object) -> bool:
        raise AssertionError("this must not be hashed")

    monkeypatch.setattr(house.keeps.passwords, "hash", hashed)
    monkeypatch.setattr(house.keeps.passwords, "matches", hashed)
    for size, made, entered in ((10_000_000, 413, 413), (60_000, 400, 401)):
        body = {"name": "ann", "password": "x" * size}
        assert made == (await client.ask("POST", "/auth/createuser", body)).status
        assert entered == (await client.ask("POST", "/auth/login", body)).status


async def test_a_name_is_given_once(client: Client) -> None:
    """Whatever its case, and whoever asks in which order."""
    await sign_up(client, "Ann")
    answer = await client.ask("POST", "/auth/createuser", {"name": "aNN", "password": PASSWORD})
    assert (answer.status, answer.code) == (409, "name_taken")


async def test_two_sign_ups_of_one_name_at_once(house: House) -> None:
    """One wins, the other is told; the winner's password is the one that opens."""
    answers: dict[str, Answer] = {}

    async def attempt(password: str) -> None:
        body = {"name": "ann", "password": password}
        answers[password] = await Client(house).ask("POST", "/auth/createuser", body, headers=JSON)

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(attempt, f"password {number}")
    won = [password for password, answer in answers.items() if answer.status == 200]
    assert sorted(answer.status for answer in answers.values())[1:] == [409] * 3
    assert [(await log_in(Client(house), password=one)).status for one in won] == [200]


async def test_unknown_names_and_wrong_passwords_are_told_alike(client: Client) -> None:
    """Status, code and words are the same, whatever is wrong and whatever the name looks like."""
    await sign_up(client)
    tries = [("ann", "wrong password"), ("bob", PASSWORD), ("x~y", PASSWORD), ("no name", "x")]
    answers = [await log_in(client, name, password) for name, password in tries]
    told = {(one.status, one.code, one.json["error"], one.header("retry-after")) for one in answers}
    assert told == {(401, "bad_credentials", "The name or the password is wrong.", None)}


async def test_both_cost_one_comparison(house: House, client: Client) -> None:
    """Each attempt compares once and hashes nothing, so neither takes longer."""
    await sign_up(client)
    done = house.hashing.done
    done.clear()
    for name in ("ann", "bob"):
        await log_in(client, name, "wrong password")
    assert done == [Done(matches=False)] * 2


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"", {}, 415),
        (b"name=ann", FORM, 400),
        (b"name=%ff%fe&password=correct+horse", FORM, 400),
        (b"\xff", FORM, 400),
        (b"&".join(b"a=b" for _ in range(100)), FORM, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b'{"name": 1, "password": 2}', {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"name=ann", {"Content-Type": "text/plain"}, 415),
    ],
)
async def test_malformed_bodies(
    client: Client, raw: bytes, headers: dict[str, str], status: int
) -> None:
    """Each is told in JSON what is wrong with it, on both routes."""
    for path in ("/auth/createuser", "/auth/login"):
        answer = await client.ask("POST", path, raw=raw, headers=headers)
        assert status == answer.status
        assert answer.code in ("invalid_request", "unsupported_media_type")
        assert ("urlencoded" in answer.json["error"]) == (status == 415)


LIMITS = [
    ("signups", "/auth/createuser", "POST", {"name": "a", "password": ""}),
    ("lookups", "/auth/checkuser/ann", "GET", None),
    ("logins", "/auth/login", "POST", {"name": "ann", "password": ""}),
    ("refreshes", "/auth/refresh", "POST", {"refreshToken": "x"}),
]


@pytest.mark.parametrize(("what", "path", "method", "body"), LIMITS)
async def test_limits_per_address(
    house: House, what: str, path: str, method: str, body: dict[str, Any] | None
) -> None:
    """One more than the row allows waits; another address doesn't."""
    house.change(address_rates=house.current.settings.address_rates | {what: Rate.parse("2/min")})
    client = Client(house)
    statuses = [(await client.ask(method, path, body)).status for _ in range(3)]
    assert (statuses[0] != 429, statuses[1] != 429, statuses[2]) == (True, True, 429)
    assert (await client.ask(method, path, body)).header("retry-after") == "30"
    assert (await Client(house, "192.0.2.77").ask(method, path, body)).status != 429


async def test_guessing_one_name_from_many_addresses_is_slowed(house: House) -> None:
    """The name has a bucket of its own, whether there is such an account or not."""
    house.change(identity_rates={"logins": Rate.parse("3/min")})
    statuses = [
        (await log_in(Client(house, f"192.0.2.{n}"), "ann", "wrong password")).status
        for n in range(4)
    ]
    assert statuses == [401, 401, 401, 429]


async def test_a_flood_of_logins_leaves_finds_alone(house: House, client: Client) -> None:
    """While the lane is full, a find is answered as fast as ever and the flood is told to wait."""
    await sign_up(client)
    house.change(address_rates={"requests": Rate.parse("100000/s")}, identity_rates={})
    await house.beat(capacity=1000, availableSlots=1000)
    house.keeps.passwords._lane = HashingLane(1)  # nothing runs behind it, so it is full for ever
    statuses: list[int] = []

    async def flood() -> None:
        statuses.append((await log_in(client, "ann", "wrong password")).status)

    async with trio.open_nursery() as nursery:
        for _ in range(500):
            nursery.start_soon(flood)
        await trio.testing.wait_all_tasks_blocked(0.0)
        started = time.perf_counter()
        assert (await client.find()).status == 200
        assert time.perf_counter() - started < 1
        assert statuses == [429] * (500 - QUEUE)
        nursery.cancel_scope.cancel()
