"""Names, handles and ids of accounts, and bans (wire.md 1.2)."""

from __future__ import annotations

import pytest

from matchd.domain import ids
from matchd.domain.accounts import (
    Account,
    Ban,
    Kind,
    comes_back,
    foreign_account_id,
    foreign_handle,
    key_account_id,
    key_handle,
    new_name,
    tame,
)
from matchd.domain.ids import AccountId, Handle
from matchd.errors import InvalidRequest

KEY = bytes(range(32))


@pytest.mark.parametrize("name", ["Ann", "x1", "a_b-c.d", "0" * 32])
def test_names(name: str) -> None:
    """Two to 32 letters, digits and `_ - .` are a name."""
    assert new_name(name, "name") == name


@pytest.mark.parametrize(
    "name",
    ["", "a", "a" * 33, "ann lee", "ann\n", "a\x00b", "ann~1", "\u0430nn", "Zoë", "a/b", "@ann"],
)
def test_bad_names(name: str) -> None:
    """Other lengths, control characters and letters that only look like ours are refused."""
    with pytest.raises(InvalidRequest, match="`name`"):
        new_name(name, "name")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Zoë", "Zoe"),
        ("ann lee", "annlee"),
        ("\uff57ide", "wide"),
        ("Анна", "player"),
        ("x" * 99, "x" * 32),
    ],
)
def test_names_brought_along(given: str, name: str) -> None:
    """What a key or an issuer calls somebody is normalised, never refused."""
    assert tame(given) == name


def test_keys() -> None:
    """A key's account and handle follow from it; the parsers take both."""
    account, handle = key_account_id(KEY), key_handle("Ann", KEY)
    assert account.startswith("k_")
    assert (ids.account_id(account, "id"), ids.handle(handle, "id")) == (account, handle)
    assert (handle[:4], len(handle)) == ("Ann~", 12)
    assert key_account_id(KEY) != key_account_id(KEY[::-1])


def test_foreign_accounts() -> None:
    """An issuer's account can never have an id of ours, whatever its subject is."""
    account = foreign_account_id("steam", "u_ann:7")
    assert account == "x_steam:u_ann:7"
    assert ids.account_id(account, "id") == account
    assert foreign_handle("Ann", "steam") == "Ann~steam"


@pytest.mark.parametrize("text", ["", "u_", "z_x", "u_a b", "x_steam", "x_:a", "x_a:b\x00", "ann"])
def test_bad_account_ids(text: str) -> None:
    """Anything else is not the id of an account."""
    with pytest.raises(InvalidRequest, match="`id`"):
        ids.account_id(text, "id")


def test_who_comes_back() -> None:
    """Only a password account is never there again under the id of one that was deleted."""
    known = (AccountId("u_1"), key_account_id(KEY), foreign_account_id("steam", "7"))
    assert [comes_back(account) for account in known] == [False, True, True]


def test_bans() -> None:
    """A ban holds until its end, and without one for good."""
    account = Account(
        id=AccountId("u_1"),
        kind=Kind.PASSWORD,
        handle=Handle("Ann"),
        created_at=0,
        seen_at=0,
        ban=Ban("spam", 10, until=20),
    )
    assert account.folded == "ann"
    assert (account.banned(19.9), account.banned(20)) == (account.ban, None)
    assert Ban("spam", 10).holds(1e12)
