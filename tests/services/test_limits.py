"""The tables of token buckets: bounded, per address and per identity, exempt addresses free."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.addresses import Networks
from matchd.domain.limits import Rate
from matchd.errors import RateLimited
from tests.house import House

TWO = {"finds": Rate.parse("2/min")}


async def test_an_identity_is_limited_wherever_it_comes_from(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Two of an account's calls pass, the third says when to come back, and then it passes."""
    house.change(identity_rates=TWO)
    for address in ("192.0.2.1", "192.0.2.2"):
        house.limiter.check(house.player(address=address), "finds")
    with pytest.raises(RateLimited) as limited:
        house.limiter.check(house.player(address="192.0.2.3"), "finds")
    assert limited.value.retry_after == 30
    await trio.sleep(30)
    house.limiter.check(house.player(address="192.0.2.3"), "finds")


async def test_an_address_is_limited_whoever_comes_from_it(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Two calls of a network pass, whatever the account; IPv6 is counted by its /64."""
    house.change(address_rates=TWO)
    house.limiter.check(house.player("u_1", "2001:db8::1"), "finds")
    house.limiter.check(house.player("u_2", "2001:db8::2"), "finds")
    with pytest.raises(RateLimited):
        house.limiter.check(house.player("u_3", "2001:db8::3"), "finds")
    house.limiter.check(house.player("u_3", "2001:db8:0:1::1"), "finds")


async def test_exempt_addresses_are_free(house: House) -> None:
    """An address of `exempt` meets neither limit, and its calls are not counted."""
    house.change(address_rates=TWO, identity_rates=TWO, exempt=Networks(["192.0.2.0/24"]))
    caller = house.player(address="192.0.2.9")
    for _ in range(5):
        house.limiter.check(caller, "finds")
        house.limiter.check_address(caller.address, caller.address_key, "finds")
    assert house.limiter._tables == {}


async def test_peeking_spends_nothing(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """`peek` refuses exactly when `check` would, however often it is asked."""
    house.change(identity_rates=TWO)
    caller = house.player()
    for _ in range(2):
        for _ in range(5):
            house.limiter.peek(caller, "finds")
        house.limiter.check(caller, "finds")
    with pytest.raises(RateLimited):
        house.limiter.peek(caller, "finds")


async def test_a_table_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket used longest ago is forgotten first, so a flood of addresses costs no memory."""
    monkeypatch.setattr("matchd.services.limits.MAX_BUCKETS", 3)
    house.change(address_rates=TWO)
    for last in (1, 2, 3, 1, 4):
        caller = house.auth.guest(f"192.0.2.{last}")
        house.limiter.check_address(caller.address, caller.address_key, "finds")
    kept = list(house.limiter._tables["address", "finds"])
    assert kept == ["192.0.2.3", "192.0.2.1", "192.0.2.4"]


async def test_a_new_rate_is_in_force_at_once(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """A reload that lowers a rate also lowers what is left in the buckets."""
    house.change(identity_rates={"finds": Rate.parse("100/min")})
    house.limiter.check(house.player(), "finds")
    house.change(identity_rates={"finds": Rate.parse("1/h")})
    house.limiter.check(house.player(), "finds")
    with pytest.raises(RateLimited):
        house.limiter.check(house.player(), "finds")
