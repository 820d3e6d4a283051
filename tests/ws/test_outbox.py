"""The bounded outbox: a peer that does not read costs only itself (wire.md 1.3, style 18 and 20)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.protocol.news import Close
from matchd.services.settings import RelayLimits
from tests.house import House
from tests.ws.client import Caller, call_host, call_player, switchboard

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock


async def host_and_two(house: House, nursery: trio.Nursery) -> tuple[Caller, Caller, Caller, str]:
    """A host with two players, all greeted; and the first player's `peer`."""
    await house.beat(capacity=9)
    host = await call_host(house, nursery)
    ann = await call_player(house, nursery, "u_ann")
    peer = (await host.hear())["peer"]
    bob = await call_player(house, nursery, "u_bob")
    for caller in (host, ann, bob):
        await caller.hear()
    return host, ann, bob, peer


async def test_a_reader_that_stops_ends_alone(autojump_clock: Clock) -> None:
    """His outbox overflows and he is ended; the host keeps talking to the other player."""
    house = House(RelayLimits(outbox_messages=16))
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, ann, bob, peer = await host_and_two(house, nursery)
        ann.line.held.stall()
        for number in range(20):
            await host.say(type="control", action=f"a{number}", peer=peer)
        await bob.say(type="offer", sdp="v=0")
        while (await host.hear())["type"] != "offer":
            pass
        assert b'matchd_socket_closes_total{code="4431"} 1.0' in house.metrics.render()
        await trio.sleep(10)
        assert (ann.line.gone.is_set(), bob.line.gone.is_set()) == (True, False)
        assert house.rooms.open_sockets == 2
    text = house.metrics.render()
    assert b'matchd_dropped_messages_total{reason="outbox_full"} 17.0' in text


async def test_a_slow_reader_is_told_why(autojump_clock: Clock) -> None:
    """One who reads again in time finds the close frame with 4431 and no torn message."""
    house = House(RelayLimits(outbox_messages=4))
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, ann, _, peer = await host_and_two(house, nursery)
        ann.line.held.stall()
        for number in range(6):
            await host.say(type="control", action=f"a{number}", peer=peer)
        await trio.sleep(1)
        ann.line.held.resume()
        assert await ann.hear_end() == 4431


async def test_bytes_count_too(autojump_clock: Clock) -> None:
    """What the connection itself still holds counts towards the bound in bytes."""
    house = House(RelayLimits(outbox_bytes=5000))
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, ann, bob, peer = await host_and_two(house, nursery)
        if house.laned:  # it holds all that the kernel does not take
            ann.line.held.stall()
            await host.say(type="offer", sdp="x" * 4950, peer=peer)
        ann.line.held.buffered = 4990
        await host.say(type="control", action="a-longer-action", peer=peer)
        ann.line.held.resume()
        assert await ann.hear_end() == 4431
        assert not bob.line.gone.is_set()


async def test_a_stalled_farewell_is_cut_short(house: House, autojump_clock: Clock) -> None:
    """A socket that is to close and can't be written to is aborted after 5 s."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, ann, _, peer = await host_and_two(house, nursery)
        ann.line.held.stall()
        await host.say(type="control", action="stuck", peer=peer)
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        (session,) = (one for one in house.rooms._sessions if one.peer == peer)
        session.outbox.close(Close.RESTART, "test")
        await ann.line.gone.wait()
        assert trio.current_time() - start == 5
        assert ann.line.cut


async def test_a_write_that_is_cancelled_aborts(house: House, autojump_clock: Clock) -> None:
    """Half a frame must not be followed by another one: the connection is cut off."""
    async with trio.open_nursery() as nursery:
        host, ann, _, peer = await host_and_two(house, nursery)
        ann.line.held.stall()
        await host.say(type="control", action="stuck", peer=peer)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert ann.line.cut


async def test_order_survives_a_stall(house: House, autojump_clock: Clock) -> None:
    """What piled up while the peer did not read comes in order when it does."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, ann, _, peer = await host_and_two(house, nursery)
        ann.line.held.stall()
        for number in range(100):
            await host.say(type="control", action=f"a{number}", peer=peer)
        await trio.sleep(2)
        ann.line.held.resume()
        heard = [(await ann.hear())["action"] for _ in range(100)]
    assert [f"a{number}" for number in range(100)] == heard
