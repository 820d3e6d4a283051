"""What bounds a room: connects, signals, places, one for each account (wire.md 1.4, 3)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.house import House
from tests.ws.client import refused_upgrade, switchboard
from tests.ws.peers import left, new, peer

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock


async def test_a_tight_loop(house: House, autojump_clock: Clock) -> None:
    """Reconnects without a pause are refused 429, and no store is asked for that."""
    async with switchboard() as nursery:
        for _ in range(60):
            await (await peer(house, nursery, peer="192.0.2.1")).leave()
        house.core.store.groups.look = house.core.store.groups.join = None  # type: ignore[assignment]
        refused = await refused_upgrade(house, "/matchbox/room_a")
        assert (refused.status, refused.json["code"]) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) >= 1


async def test_a_full_room(house: House, autojump_clock: Clock) -> None:
    """The 65th peer is refused 409 before the upgrade."""
    house.change(address_rates={}, identity_rates={})
    async with switchboard() as nursery:
        for _ in range(64):
            await peer(house, nursery)
        refused = await refused_upgrade(house, "/matchbox/room_a")
        assert (refused.status, refused.json["code"]) == (409, "room_full")
        assert (await refused_upgrade(house, "/matchbox/room_a?v=1")).status == 409


async def test_a_flood_of_signals(house: House, autojump_clock: Clock) -> None:
    """Over 3,000 a minute the sender is closed 4429."""
    async with switchboard() as nursery:
        one = await peer(house, nursery)
        for _ in range(3001):
            await one.raw('"KeepAlive"')
        assert await one.end() == 4429


async def test_the_newest_socket_of_an_account(house: House, autojump_clock: Clock) -> None:
    """It has the place; the older one is closed 4409, and the others hear it leave first."""
    async with switchboard() as nursery:
        target = f"/matchbox/room_a?token={house.token()}"
        first, other = await peer(house, nursery, target), await peer(house, nursery)
        second = await peer(house, nursery, target)
        assert await first.hear() == new(other)
        assert await first.end() == 4409
        assert [await other.hear(), await other.hear()] == [left(first), new(second)]
        assert await other.silent()
