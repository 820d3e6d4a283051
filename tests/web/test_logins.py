"""Tokens, refresh tokens and their ends over HTTP (wire.md 1.2, 4)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing
from argon2 import PasswordHasher

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId
from tests.house import House
from tests.web.client import Answer, Client
from tests.web.people import PASSWORD, Key, challenge, enter, log_in, sign_up


async def refresh(client: Client, token: str) -> Answer:
    """Trade a refresh token."""
    return await client.ask("POST", "/auth/refresh", {"refreshToken": token})


async def status_of(client: Client, token: str) -> int:
    """How a token is answered."""
    return (await client.ask("GET", "/auth/me", bearer=token)).status


async def second_login(client: Client) -> dict[str, Any]:
    """Another device of ann's."""
    return (await log_in(client)).json


async def test_a_refresh_token_gives_the_next_pair(client: Client) -> None:
    """Both are new, the account is the same, and the new pair works."""
    made = await sign_up(client)
    fresh = (await refresh(client, made["refreshToken"])).json
    assert fresh["refreshToken"] != made["refreshToken"]
    assert fresh["account"] == made["account"]
    assert await status_of(client, fresh["token"]) == 200
    assert (await refresh(client, fresh["refreshToken"])).status == 200


async def test_a_lost_answer_may_be_asked_for_again(client: Client) -> None:
    """The same token within a minute gives the same successor."""
    made = await sign_up(client)
    first, again = [(await refresh(client, made["refreshToken"])).json for _ in range(2)]
    assert first["refreshToken"] == again["refreshToken"]


async def test_reuse_of_an_old_token_ends_the_family(client: Client) -> None:
    """The thief and the owner are both out; another login of the account is not."""
    made = await sign_up(client)
    other = await second_login(client)
    second = (await refresh(client, made["refreshToken"])).json
    third = (await refresh(client, second["refreshToken"])).json
    stolen = await refresh(client, made["refreshToken"])
    assert (stolen.status, stolen.code) == (401, "bad_token")
    assert (await refresh(client, third["refreshToken"])).status == 401
    assert await status_of(client, third["token"]) == 401
    assert await status_of(client, other["token"]) == 200


async def test_an_unused_login_ends(client: Client, autojump_clock: trio.testing.MockClock) -> None:
    """Thirty days after the last refresh it is over."""
    made = await sign_up(client)
    await trio.sleep(29 * 86400)
    fresh = (await refresh(client, made["refreshToken"])).json
    await trio.sleep(30 * 86400)
    assert (await refresh(client, fresh["refreshToken"])).status == 401


@pytest.mark.parametrize("token", ["x", "x.y", "..", "a.b.c", "é", " ", "x" * 1000])
async def test_a_refresh_token_of_ones_own(client: Client, token: str) -> None:
    """Whatever it looks like, it is a bad token."""
    answer = await refresh(client, token)
    assert (answer.status, answer.code) == (401, "bad_token")


async def test_logout_here(client: Client) -> None:
    """This login's tokens end at once, the other device's do not."""
    made = await sign_up(client)
    other = await second_login(client)
    assert (await client.ask("POST", "/auth/logout", bearer=made["token"])).json == {
        "success": True
    }
    assert await status_of(client, made["token"]) == 401
    assert (await refresh(client, made["refreshToken"])).status == 401
    assert await status_of(client, other["token"]) == 200


async def test_logout_everywhere(client: Client) -> None:
    """All devices are out, and one may log in again in the same second."""
    made = await sign_up(client)
    other = await second_login(client)
    body = {"everywhere": True}
    assert (await client.ask("POST", "/auth/logout", body, bearer=made["token"])).status == 200
    for gone in (made, other):
        assert await status_of(client, gone["token"]) == 401
    assert await status_of(client, (await second_login(client))["token"]) == 200


async def test_a_token_that_no_login_gave_has_none_to_end(house: House, client: Client) -> None:
    """The command line's tokens end by their time."""
    made = await sign_up(client)
    token = house.token(subject=made["account"]["id"])
    assert await status_of(client, token) == 200
    answer = await client.ask("POST", "/auth/logout", bearer=token)
    assert (answer.status, answer.code) == (403, "forbidden")


async def test_a_new_password_ends_the_other_logins(client: Client) -> None:
    """The one that changes it stays; the old password is wrong from there on."""
    made = await sign_up(client)
    other = await second_login(client)
    body = {"old": PASSWORD, "new": "battery staple"}
    assert (await client.ask("POST", "/auth/password", body, bearer=made["token"])).status == 200
    assert await status_of(client, made["token"]) == 200
    assert await status_of(client, other["token"]) == 401
    assert (await log_in(client)).status == 401
    assert (await log_in(client, password="battery staple")).status == 200


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("wrong password", "battery staple", 401), (PASSWORD, "short", 400), ("", PASSWORD, 401)],
)
async def test_a_password_that_is_not_changed(
    client: Client, old: str, new: str, status: int
) -> None:
    """With a wrong old one, or for one that may not be."""
    made = await sign_up(client)
    body = {"old": old, "new": new}
    answer = await client.ask("POST", "/auth/password", body, bearer=made["token"])
    assert status == answer.status
    assert (await log_in(client)).status == 200


async def test_a_key_has_no_password_to_change(client: Client) -> None:
    """It is told so."""
    token = (await enter(client, Key())).json["token"]
    body = {"old": PASSWORD, "new": PASSWORD}
    assert (await client.ask("POST", "/auth/password", body, bearer=token)).status == 400


async def test_deletion_asks_for_the_password_again(client: Client) -> None:
    """A token alone deletes nothing; with the password all is gone, and the name is free."""
    made = await sign_up(client)
    for body, status in (
        ({}, 400),
        ({"password": "wrong password"}, 401),
        ({"password": PASSWORD}, 200),
    ):
        answer = await client.ask("DELETE", "/auth/me", body, bearer=made["token"])
        assert status == answer.status
    assert await status_of(client, made["token"]) == 401
    assert (await refresh(client, made["refreshToken"])).status == 401
    assert (await sign_up(client))["account"]["id"] != made["account"]["id"]


async def test_nobody_deletes_by_another_accounts_password(client: Client) -> None:
    """What is proved has to be the account of the token."""
    made = await sign_up(client)
    await sign_up(client, "bob", "bobs password")
    body = {"name": "bob", "password": "bobs password"}
    assert (await client.ask("DELETE", "/auth/me", body, bearer=made["token"])).status == 401
    assert await status_of(client, made["token"]) == 200


async def test_deletion_asks_for_the_signature_again(house: House, client: Client) -> None:
    """A key signs a fresh challenge; the same key may come back in the same second."""
    key = Key()
    token = (await enter(client, key)).json["token"]
    wrong = Key().v1(await challenge(client))
    assert (await client.ask("DELETE", "/auth/me", wrong, bearer=token)).status == 401
    assert await house.store.accounts.count() == 1
    right = key.v2(await challenge(client))
    assert (await client.ask("DELETE", "/auth/me", right, bearer=token)).status == 200
    assert await status_of(client, token) == 401
    assert await status_of(client, (await enter(client, key)).json["token"]) == 200


async def test_a_banned_account_is_told_why_once_it_has_proved_itself(
    house: House, client: Client
) -> None:
    """Its tokens end at once; a wrong password is still just wrong; after the end it may come in."""
    made = await sign_up(client)
    account, now = AccountId(made["account"]["id"]), house.clock.wall()
    await house.store.accounts.ban(account, Ban("spam", now, now + 3600), now)
    await house.revocations.read()
    assert await status_of(client, made["token"]) == 401
    assert (await log_in(client, password="wrong password")).code == "bad_credentials"
    answer = await log_in(client)
    assert (answer.status, answer.code) == (403, "banned")
    assert "spam" in answer.json["error"]
    await house.store.accounts.unban(account)
    assert await status_of(client, (await log_in(client)).json["token"]) == 200


async def test_me_and_the_export(client: Client) -> None:
    """Who I am, which devices are in, and all that is kept, without anything that proves me."""
    made = await sign_up(client)
    await second_login(client)
    me = (await client.ask("GET", "/auth/me", bearer=made["token"])).json
    assert (me["name"], me["kind"], me["visible"]) == ("ann", "password", True)
    assert sorted((login["current"] for login in me["logins"]), reverse=True) == [True, False]
    answer = await client.ask("GET", "/auth/me/export", bearer=made["token"])
    assert (answer.json["account"]["id"], answer.json["friends"]) == (made["account"]["id"], [])
    assert b"argon2" not in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/me"),
        ("DELETE", "/auth/me"),
        ("GET", "/auth/me/export"),
        ("POST", "/auth/logout"),
        ("POST", "/auth/password"),
        ("POST", "/auth/ticket"),
        ("GET", "/friends"),
        ("PUT", "/friends/ann"),
    ],
)
async def test_these_are_for_players(house: House, client: Client, method: str, path: str) -> None:
    """A guest is asked for a token; hosts and admins have no account."""
    expected = {None: 401, "host": 403, "admin": 403}
    for role, status in expected.items():
        token = None if role is None else house.token(role, "h1")
        assert status == (await client.ask(method, path, {}, bearer=token)).status


async def test_a_password_with_other_parameters_is_hashed_anew(
    house: House, client: Client
) -> None:
    """At the next login with it; the login before stays."""
    made = await sign_up(client)
    account = AccountId(made["account"]["id"])
    former = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    kept = await house.store.accounts.get(account)
    assert kept is not None
    await house.store.accounts.rehash(account, str(kept.password_hash), former)
    assert (await log_in(client)).status == 200
    now = await house.store.accounts.get(account)
    assert now is not None
    assert now.password_hash not in (former, kept.password_hash)
    assert await status_of(client, made["token"]) == 200
