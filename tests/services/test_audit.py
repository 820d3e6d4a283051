"""The audit log: who logged in or tried to, and what was done to accounts; never with what."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId
from matchd.errors import BadToken, Refusal
from matchd.protocol.accounts import PasswordBody, PasswordProof
from tests.house import PLAYER_ADDRESS, House
from tests.services.listening import sign_up

PASSWORD = "correct horse"


def audited(logs: list[MutableMapping[str, Any]]) -> list[tuple[str, Any, Any, Any]]:
    """The audit lines: what happened, to whom, from where, why."""
    lines = [line for line in logs if line["event"].startswith("audit.")]
    return [
        (line["event"], line.get("account"), line["address"], line.get("why")) for line in lines
    ]


async def log_in(house: House, name: str, password: str) -> None:
    """Log in, whatever comes of it."""
    guest = house.auth.guest(PLAYER_ADDRESS)
    try:
        await house.people.logins.enter(guest, PasswordProof(name, password), "desk")
    except Refusal:
        return


async def test_logins_are_on_record(house: House) -> None:
    """Those that worked and those that did not, with the account's id where there is one."""
    made = await sign_up(house)
    account = AccountId(made.account.id)
    with capture_logs() as logs:
        await log_in(house, "ann", PASSWORD)
        await log_in(house, "ann", "battery staple")
        await log_in(house, "battery staple", PASSWORD)
        await log_in(house, "nobody", PASSWORD)
        now = house.clock.wall()
        await house.store.accounts.ban(account, Ban("spam", now), now)
        await log_in(house, "ann", PASSWORD)
    failed = "audit.login_failed"
    assert audited(logs) == [
        ("audit.login", account, PLAYER_ADDRESS, None),
        (failed, account, PLAYER_ADDRESS, "bad_credentials"),
        (failed, None, PLAYER_ADDRESS, "bad_credentials"),
        (failed, None, PLAYER_ADDRESS, "bad_credentials"),
        (failed, account, PLAYER_ADDRESS, "banned"),
    ]
    assert not [word for word in ("battery", "nobody", "horse") if word in str(logs)]


async def test_sign_ups_and_stolen_tokens_are_on_record(house: House) -> None:
    """A refresh token that comes again ends its login, and the log says whose and from where."""
    guest, logins = house.auth.guest(PLAYER_ADDRESS), house.people.logins
    with capture_logs() as logs:
        made = await sign_up(house)
        stolen = made.refresh_token
        later = await logins.refresh(guest, stolen)
        await logins.refresh(guest, later.refresh_token)
        with pytest.raises(BadToken):
            await logins.refresh(guest, stolen)
    account = made.account.id
    assert audited(logs) == [
        ("audit.sign_up", account, PLAYER_ADDRESS, None),
        ("audit.reused", account, PLAYER_ADDRESS, None),
    ]
    assert not [word for word in ("horse", stolen, later.refresh_token) if word in str(logs)]


async def test_new_passwords_and_deletions_are_on_record(house: House) -> None:
    """By whoever it was; the passwords are not."""
    made = await sign_up(house)
    caller = house.auth.player(made.token, PLAYER_ADDRESS)
    with capture_logs() as logs:
        body = PasswordBody(old=PASSWORD, new="battery staple")
        await house.people.accounts.change_password(caller, body)
        with pytest.raises(Refusal):
            await house.people.accounts.delete(caller, PasswordProof("ann", PASSWORD))
        await house.people.accounts.delete(caller, PasswordProof("ann", "battery staple"))
    assert audited(logs) == [
        ("audit.password", made.account.id, PLAYER_ADDRESS, None),
        ("audit.delete", made.account.id, PLAYER_ADDRESS, None),
    ]
    assert not [word for word in ("battery", "horse", made.token) if word in str(logs)]
