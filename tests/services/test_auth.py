"""Who calls: the matrix of credentials and modes, and what a failure costs (wire.md 1.2)."""

from __future__ import annotations

import hmac

import pytest
import trio.testing

from matchd.domain.callers import Role
from matchd.domain.ids import HostId
from matchd.domain.limits import Rate
from matchd.errors import BadToken, Forbidden, RateLimited, Unauthorized, WrongSecret
from tests.house import FORMER_SECRET, HOST_ADDRESS, SECRET, House


@pytest.mark.parametrize("secret", [SECRET, FORMER_SECRET])
async def test_every_secret_in_force_opens(house: House, secret: str) -> None:
    """The secret in force and the one before it make a host that may beat for any id."""
    caller = house.auth.host(secret, HOST_ADDRESS)
    assert (caller.role, caller.host_id) == (Role.HOST, None)
    house.auth.owns_host(caller, HostId("anything"))


@pytest.mark.parametrize("wrong", ["x", SECRET[:-1], SECRET + "x", "ä", "a.b"])
async def test_a_wrong_secret_is_refused(house: House, wrong: str) -> None:
    """What is near a secret is as wrong as what is far from it."""
    with pytest.raises(WrongSecret):
        house.auth.host(wrong, HOST_ADDRESS)


async def test_all_secrets_are_compared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A match does not end the comparison, so its place in the list can't be measured."""
    compared, real = [], hmac.compare_digest

    def compare(given: bytes, secret: bytes) -> bool:
        compared.append(secret.decode())
        return real(given, secret)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    house.auth.host(SECRET, HOST_ADDRESS)
    assert compared == [SECRET, FORMER_SECRET]


async def test_a_host_token_opens_its_own_host_alone(house: House) -> None:
    """`sub` is the only hostId it may speak for."""
    caller = house.auth.host(house.token("host", "h1"), HOST_ADDRESS)
    assert (caller.host_id, caller.identity) == ("h1", "host:h1")
    house.auth.owns_host(caller, HostId("h1"))
    with pytest.raises(Forbidden):
        house.auth.owns_host(caller, HostId("h2"))


async def test_a_host_token_with_an_impossible_id_is_bad(house: House) -> None:
    """A `sub` that no host can have is refused like a broken token."""
    with pytest.raises(BadToken):
        house.auth.host(house.token("host", "no spaces"), HOST_ADDRESS)


async def test_roles_do_not_mix(house: House) -> None:
    """A player is no host, a host no player, and neither is an administrator."""
    player, host, admin = (house.token(role, "h1") for role in ("player", "host", "admin"))
    for refused, token in (
        (house.auth.host, player),
        (house.auth.host, admin),
        (house.auth.player, host),
        (house.auth.admin, player),
        (house.auth.admin, host),
    ):
        with pytest.raises(Forbidden):
            refused(token, HOST_ADDRESS)
    assert house.auth.admin(admin, HOST_ADDRESS).role is Role.ADMIN


async def test_mode_token_knows_no_shared_secret(house: House) -> None:
    """In mode `token` the secret is refused and a host token admitted."""
    house.change(host_auth="token")
    with pytest.raises(WrongSecret):
        house.auth.host(SECRET, HOST_ADDRESS)
    assert house.auth.host(house.token("host", "h1"), HOST_ADDRESS).host_id == "h1"


async def test_mode_open_takes_anyone(house: House) -> None:
    """In mode `open` no credential is looked at."""
    house.change(host_auth="open")
    for bearer in (None, "whatever", "a.b.c"):
        assert house.auth.host(bearer, HOST_ADDRESS).role is Role.HOST


async def test_nothing_presented_is_unauthorized(house: House) -> None:
    """Hosts and administrators have to present something; a player without a token is a guest."""
    for needs_one in (house.auth.host, house.auth.admin):
        with pytest.raises(Unauthorized):
            needs_one(None, HOST_ADDRESS)
    assert house.auth.player(None, HOST_ADDRESS).is_guest


async def test_guessing_is_slowed_down_but_locks_nobody_out(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Failures run into a limit per address; the right secret still opens from there."""
    house.change(address_rates={"failures": Rate.parse("2/min")})
    for guess in ("wrong-1", "a.b.c"):
        with pytest.raises((WrongSecret, BadToken)):
            house.auth.host(guess, HOST_ADDRESS)
    with pytest.raises(RateLimited) as limited:
        house.auth.host("wrong-2", HOST_ADDRESS)
    assert limited.value.retry_after == 30
    assert house.auth.host(SECRET, HOST_ADDRESS).role is Role.HOST
    with pytest.raises(WrongSecret):
        house.auth.host("wrong-3", "203.0.113.1")


async def test_refusals_quote_no_credential(house: House) -> None:
    """Neither the text nor the repr of a refusal holds what was presented."""
    for given in ("my-almost-right-secret", "aaa.bbb.ccc"):
        with pytest.raises((WrongSecret, BadToken)) as refusal:
            house.auth.host(given, HOST_ADDRESS)
        assert given not in f"{refusal.value} {refusal.value!r}"
