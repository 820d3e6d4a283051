"""Rooms for peer-to-peer games over plain HTTP: the twin of the upgrade, and ICE in one entry."""

from __future__ import annotations

import pytest
import trio.testing

from matchd.domain.limits import Rate
from tests.house import HOST_ADDRESS, House
from tests.web.client import Client
from tests.ws.client import refused_upgrade, switchboard
from tests.ws.peers import peer

GOOD = (
    "/matchbox",
    "/matchbox/",
    "/matchbox/room",
    "/matchbox/room/?next=64",
    "/matchbox/a%2Fb?v=1&topology=client-server",
    "/matchbox/..?next=1&other=x",
    "/matchbox/%F0%9F%8E%AE",
)
BAD = (
    "/matchbox/room?next=0",
    "/matchbox/room?next=65",
    "/matchbox/room?v=2",
    "/matchbox/room?topology=ring",
    "/matchbox/a/b",
    f"/matchbox/{'x' * 4097}",
    "/matchbox/room?token=a.b.c",
    "/matchbox/room?ticket=forged",
)


@pytest.mark.parametrize("target", GOOD)
async def test_the_twin_says_yes(house: House, target: str) -> None:
    """200 where an upgrade would be accepted; nobody has entered by it."""
    answer = await Client(house).ask("GET", target)
    assert (answer.status, answer.json) == (200, {"ok": True})
    assert house.store.pool.groups.records == {}


@pytest.mark.usefixtures("edges")
@pytest.mark.parametrize("target", BAD)
async def test_the_twin_says_what_the_upgrade_says(house: House, target: str) -> None:
    """The same status and code, in the same words."""
    answer = await Client(house).ask("GET", target)
    refused = await refused_upgrade(house, target)
    assert (answer.status, answer.code) == (refused.status, refused.json["code"])
    assert answer.json["error"] == refused.json["error"]


@pytest.mark.usefixtures("edges")
async def test_the_twin_knows_limits(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """It refuses who has come too often, and spends nothing."""
    house.change(identity_rates={"connects": Rate.parse("2/min")})
    client = Client(house, HOST_ADDRESS)
    async with switchboard() as nursery:
        for _ in range(5):
            assert (await client.ask("GET", "/matchbox/r")).status == 200
        for _ in range(2):
            await peer(house, nursery, "/matchbox/r", peer=HOST_ADDRESS)
        assert (await client.ask("GET", "/matchbox/r")).code == "rate_limited"


@pytest.mark.usefixtures("edges")
async def test_a_ticket_opens_its_room_once(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """The twin spends nothing, the upgrade does, and another room is not opened by it."""
    ticket = house.people.tickets.issue(house.player(), "/matchbox/r")
    target = f"/matchbox/r?ticket={ticket}&v=1"
    async with switchboard() as nursery:
        assert (await Client(house).ask("GET", target)).status == 200
        other = await refused_upgrade(house, f"/matchbox/other?ticket={ticket}")
        assert other.json["code"] == "bad_token"
        ann = await peer(house, nursery, target)
        assert len(ann.first["iceServers"]) == 2
        assert (await refused_upgrade(house, target)).json["code"] == "bad_token"


async def test_ice_in_one_entry(house: House) -> None:
    """STUN for guests, STUN and TURN of one server for players, the same credentials while fresh."""
    client = Client(house)
    guest = (await client.ask("GET", "/matchbox-ice")).json
    assert guest["iceServers"] == [{"urls": ["stun:turn.example.net:3478"]}]
    (entry,) = (await client.ask("GET", f"/matchbox-ice?token={house.token()}")).json["iceServers"]
    assert entry["urls"][0] == "stun:turn.example.net:3478"
    assert any(url.startswith("turn:") for url in entry["urls"])
    again = (await client.ask("GET", "/matchbox-ice", bearer=house.token())).json
    assert again["iceServers"] == [entry]
    assert 0 < again["iceTtl"] <= 3600


async def test_ice_by_ticket(house: House) -> None:
    """A ticket for that path is good once."""
    target = f"/matchbox-ice?ticket={house.people.tickets.issue(house.player(), '/matchbox-ice')}"
    client = Client(house)
    assert "credential" in (await client.ask("GET", target)).json["iceServers"][0]
    assert (await client.ask("GET", target)).code == "bad_token"


async def test_ice_for_guests_where_they_may(house: House) -> None:
    """With `turn.guests` everybody at one address has the same user part; others are refused."""
    house.change(turn_guests=True)
    client = Client(house)
    (first,) = (await client.ask("GET", "/matchbox-ice")).json["iceServers"]
    (second,) = (await client.ask("GET", "/matchbox-ice")).json["iceServers"]
    (other,) = (await Client(house, "192.0.2.77").ask("GET", "/matchbox-ice")).json["iceServers"]
    assert first == second
    assert first["username"] != other["username"]
    house.change(guests_rooms=False)
    assert (await client.ask("GET", "/matchbox-ice")).code == "unauthorized"


async def test_without_any_ice_server(house: House) -> None:
    """The list is empty."""
    house.change(turn=type(house.current.settings.turn)())
    assert (await Client(house).ask("GET", "/matchbox-ice")).json["iceServers"] == []
