"""Grants and ICE servers: stable where they must be, secret where they must be."""

from __future__ import annotations

import re

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.limits import Rate
from matchd.errors import RateLimited
from matchd.services.grants import grant_hash
from matchd.turn import SharedSecretServer, TurnPlan
from tests.house import EPOCH, House


async def test_a_grant_is_stable_per_booking(house: House) -> None:
    """A booking has one grant of 22 URL-safe characters; another booking has another."""
    one, other = house.grants.new_booking(), house.grants.new_booking()
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", house.grants.of(one))
    assert house.grants.of(one) == house.grants.of(one)
    assert house.grants.of(one) != house.grants.of(other)


async def test_a_grant_depends_on_the_pepper(house: House) -> None:
    """Whoever copies the store can't make grants from the bookings' ids."""
    booking = house.grants.new_booking()
    before = house.grants.of(booking)
    house.change(pepper=b"another pepper, also long")
    assert house.grants.of(booking) != before


async def test_the_store_keeps_only_the_hash(house: House) -> None:
    """No field of the stored booking holds the grant."""
    await house.beat()
    found = await house.find()
    stored = next(iter(house.store.pool.bookings.values()))
    assert stored.grant_hash == grant_hash(found.grant)
    assert found.grant.encode() not in msgspec.json.encode(stored)


async def test_fresh_hands_the_last_answer_out_until_it_has_aged(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Half the ttl long the credentials stay the same; then there are new ones of the same user."""
    first = house.ice.mint("u_ann", "local")
    assert (first.ice_ttl, first.ice_expires_at) == (3600, EPOCH + 3600)
    await trio.sleep(1799)
    same = house.ice.fresh("u_ann", "local")
    assert (same.ice_servers, same.ice_ttl) == (first.ice_servers, 1801)
    await trio.sleep(1)
    fresh = house.ice.fresh("u_ann", "local")
    assert (fresh.ice_ttl, fresh.ice_expires_at) == (3600, EPOCH + 5400)
    users = {str(answer.ice_servers[1].username).split(":")[1] for answer in (first, fresh)}
    assert len(users) == 1


async def test_identities_do_not_share_credentials(house: House) -> None:
    """Two players have two users, so coturn's quotas count them apart."""
    names = {house.ice.fresh(who, None).ice_servers[1].username for who in ("u_ann", "u_bob")}
    assert len(names) == 2


async def test_a_new_plan_is_told_at_once(house: House) -> None:
    """After a reload of the TURN servers, `fresh` hands out nothing of the old ones."""
    house.ice.mint("u_ann", None)
    server = SharedSecretServer(name="new", host="new.example.net", secret="another-turn-secret")
    house.change(turn=TurnPlan(servers=(server,)))
    assert house.ice.expiry("u_ann", None) == 0
    urls = house.ice.fresh("u_ann", None).ice_servers[0].urls
    assert urls[0] == "turn:new.example.net:3478?transport=udp"


async def test_the_region_chooses_the_server(house: House) -> None:
    """A booking's region decides which relay its player is told of."""
    servers = tuple(
        SharedSecretServer(name=f"t-{name}", host=host, regions=(name,), secret="a-secret-of-turn")
        for name, host in (("eu", "eu.example.net"), ("us", "us.example.net"))
    )
    house.change(turn=TurnPlan(servers=servers))
    for region in ("eu", "us"):
        entries = house.ice.fresh("u_ann", region).ice_servers
        assert [f"turn:{region}.example.net:3478?transport=udp"] == [
            entry.urls[0] for entry in entries
        ]


async def test_minting_on_demand_is_limited(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """`mint_for` spends a token of the identity that the credential is for."""
    house.change(identity_rates={"credentials": Rate.parse("1/min")})
    house.ice.mint_for(house.player(), "host:h1", None)
    house.ice.mint_for(house.player(), "host:h2", None)
    with pytest.raises(RateLimited):
        house.ice.mint_for(house.player("u_bob"), "host:h1", None)


async def test_what_is_remembered_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity asked for longest ago is forgotten, which only makes its next answer new."""
    monkeypatch.setattr("matchd.services.ice.REMEMBERED", 2)
    for who in ("u_1", "u_2", "u_3"):
        house.ice.mint(who, None)
    assert [key[0] for key in house.ice._last] == ["u_2", "u_3"]
