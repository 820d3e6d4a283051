"""An accepted socket from its first frame to its last: relay, limits, liveness, farewell."""

from __future__ import annotations

import json

import pytest
import trio
import trio.testing

from matchd.domain.ids import BookingId
from matchd.services.settings import RelayLimits
from tests.house import House
from tests.ws.client import Caller, call, call_host, call_player, dial, switchboard, upgrade

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock


async def connected(house: House, nursery: trio.Nursery) -> tuple[Caller, Caller]:
    """A host and its player, both greeted."""
    await house.beat(capacity=9)
    host, player = await call_host(house, nursery), await call_player(house, nursery)
    for caller in (host, player):
        assert (await caller.hear())["action"] == "peer-joined"
    return host, player


async def test_the_whole_conversation(house: House, autojump_clock: Clock) -> None:
    """Offer, answer, candidates: what one says the other hears, in order, with `peer` for the host."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        for number in range(50):
            await player.say(type="candidate", candidate=f"c{number}", sdpMLineIndex=0, extra=1)
        heard = [await host.hear() for _ in range(50)]
        assert [f"c{number}" for number in range(50)] == [item["candidate"] for item in heard]
        assert len({item["peer"] for item in heard}) == 1
        await host.say(type="answer", sdp="v=0")
        assert await player.hear() == {"type": "answer", "sdp": "v=0"}


async def test_senders_keep_their_order_side_by_side(house: House, autojump_clock: Clock) -> None:
    """Several players talk at once; each one's messages arrive in his own order."""
    async with switchboard() as nursery:
        await house.beat(capacity=9)
        host = await call_host(house, nursery)
        players = [await call_player(house, nursery, f"u_{n}") for n in range(3)]

        async def talk(player: Caller) -> None:
            for number in range(20):
                await player.say(type="offer", sdp=str(number))

        for player in players:
            nursery.start_soon(talk, player)
        heard: dict[str, list[str]] = {}
        while sum(map(len, heard.values())) < 60:
            message = await host.hear()
            if message["type"] == "offer":
                heard.setdefault(message["peer"], []).append(message["sdp"])
    assert [[str(number) for number in range(20)]] * 3 == list(heard.values())


async def test_the_end_of_one_is_told_to_the_other(house: House, autojump_clock: Clock) -> None:
    """However a socket ends, its place is empty and the other side knows."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        await player.connection.aclose()
        assert (await host.hear())["type"] == "peer-disconnected"
        again = await call_player(house, nursery, "u_bob")
        assert (await again.hear())["action"] == "peer-joined"
        await host.line.client.aclose()
        assert await again.hear() == {"type": "peer-disconnected"}
        assert house.rooms.open_sockets == 1


async def test_a_message_too_large_ends_its_sender(house: House, autojump_clock: Clock) -> None:
    """64 KiB pass, one byte more is closed 1009; the other side stays."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        frame = json.dumps({"type": "offer", "sdp": ""})
        fits = frame[:-2] + "x" * (65_536 - len(frame)) + '"}'
        await player.connection.send_message(fits)
        assert len((await host.hear())["sdp"]) == 65_536 - len(frame)
        await player.connection.send_message(fits + " ")
        assert await player.hear_end() == 1009
        assert (await host.hear())["type"] == "peer-disconnected"


async def test_the_limit_is_one_of_bytes(house: House, autojump_clock: Clock) -> None:
    """Characters of several bytes fill a message sooner."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        await player.say(type="offer", sdp="ä" * 32_000)
        assert (await host.hear())["sdp"] == "ä" * 32_000
        await player.say(type="offer", sdp="ä" * 33_000)
        assert await player.hear_end() == 1009
        assert (await host.hear())["type"] == "peer-disconnected"


async def test_binary_frames_are_invalid(house: House, autojump_clock: Clock) -> None:
    """A binary frame is answered with a schema-error, and a flood of them with 4400."""
    async with switchboard() as nursery:
        _, player = await connected(house, nursery)
        await player.connection.send_message(b"\x00\x01")
        expected = {"type": "control", "action": "schema-error"}
        assert expected == await player.hear()
        for _ in range(10):
            await player.connection.send_message(b"\x00")
        assert await player.hear_end() == 4400


async def test_a_flood_of_messages_is_closed(house: House, autojump_clock: Clock) -> None:
    """Over 600 a minute the socket is closed 4429."""
    async with switchboard() as nursery:
        _, player = await connected(house, nursery)

        async def flood() -> None:
            with trio.CancelScope() as scope:
                for _ in range(601):
                    await player.say(type="control", action="x")
                scope.cancel()

        nursery.start_soon(flood)
        assert await player.hear_end() == 4429


async def test_the_newest_socket_wins(house: House, autojump_clock: Clock) -> None:
    """The older socket of the same grant is closed 4409."""
    async with switchboard() as nursery:
        await house.beat()
        found = await house.find()
        target = f"/signal/{found.grant}/?roomId={found.room_id}"
        first = await call(house, nursery, target)
        await call(house, nursery, target)
        assert await first.hear_end() == 4409
        await first.line.gone.wait()
        assert house.rooms.open_sockets == 1


async def test_the_end_of_a_booking(house: House, autojump_clock: Clock) -> None:
    """The player hears the last word of the dialect, then 4410."""
    async with switchboard() as nursery:
        await house.beat()
        found = await house.find()
        player = await call(house, nursery, f"/signal/{found.grant}?roomId={found.room_id}")
        await house.bookings.release(house.player(), None, BookingId(found.booking_id))
        assert await player.hear() == {"type": "peer-disconnected"}
        assert await player.hear_end() == 4410


async def test_nobody_vouched(house: House, autojump_clock: Clock) -> None:
    """A socket without credentials is closed 4403 when no beat named its room in time."""
    async with switchboard() as nursery:
        stranger = await call(house, nursery, "/?roomId=r-h1")
        await trio.sleep(60)
        await house.sweep()
        assert await stranger.hear_end() == 4403


async def test_a_drain_says_goodbye(house: House, autojump_clock: Clock) -> None:
    """Everybody hears going-away with the deadline, then 1012."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        house.current.draining = True
        nursery.start_soon(house.rooms.drain, 3.0)
        for caller in (host, player):
            assert (await caller.hear())["action"] == "going-away"
            assert await caller.hear_end() == 1012


async def test_a_quiet_peer_is_pinged_and_kept(house: House, autojump_clock: Clock) -> None:
    """A peer that answers pings stays for as long as it likes."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        host, player = await connected(house, nursery)
        await trio.sleep(600)
        await player.say(type="offer", sdp="v=0")
        assert (await host.hear())["sdp"] == "v=0"


async def test_a_dead_peer_is_dropped(house: House, autojump_clock: Clock) -> None:
    """Pinged after 15 s, closed 4408 after 30 s, aborted when it does not answer even that."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        line = dial(house, nursery)
        await line.client.send_all(upgrade("/?roomId=r1"))
        await line.client.receive_some()
        start = trio.current_time()
        ping = bytes(await line.client.receive_some())
        assert (ping[:2], trio.current_time() - start) == (b"\x89\x04", 15)
        close = bytes(await line.client.receive_some())
        assert (close[0], int.from_bytes(close[2:4])) == (0x88, 4408)
        assert trio.current_time() - start == 30
        await line.gone.wait()
        assert trio.current_time() - start == 32


async def test_a_peer_that_never_pongs_gathers_no_pings(
    house: House, autojump_clock: Clock
) -> None:
    """One ping is out at a time, so talking without answering costs one task."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        line = dial(house, nursery)
        await line.client.send_all(upgrade("/?roomId=r1"))
        await line.client.receive_some()
        for _ in range(10):
            await trio.sleep(20)
            await line.client.send_all(b"\x8a\x80\x00\x00\x00\x00")  # a pong nobody asked for
        received = b""
        with trio.move_on_after(1):
            while True:
                received += await line.client.receive_some()
        assert (received.count(b"\x89\x04"), line.gone.is_set()) == (1, False)


@pytest.mark.parametrize("data", [b"\xff" * 16, b"\x81\x05hello", b"\x88\x81\x00\x00\x00\x00\x00"])
async def test_garbage_frames_end_their_own_socket(
    house: House, autojump_clock: Clock, data: bytes
) -> None:
    """Reserved bits, a frame without a mask, a close of one byte: that socket ends, no other."""
    async with switchboard() as nursery:
        host, player = await connected(house, nursery)
        line = dial(house, nursery)
        await line.client.send_all(upgrade("/?roomId=r1"))
        await line.client.receive_some()
        await line.client.send_all(data)
        with trio.fail_after(10):
            while await line.client.receive_some():
                pass
        await player.say(type="offer", sdp="v=0")
        assert (await host.hear())["sdp"] == "v=0"


async def test_a_ping_while_we_close_is_no_fault(house: House, autojump_clock: Clock) -> None:
    """A peer may ping after our close and before its answer; the socket still ends in order."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        line = dial(house, nursery)
        await line.client.send_all(upgrade("/?roomId=r1"))
        await line.client.receive_some()
        await call(house, nursery, "/?roomId=r1")
        close = bytes(await line.client.receive_some())
        assert int.from_bytes(close[2:4]) == 4409
        await line.client.send_all(b"\x89\x80\x00\x00\x00\x00" * 3)
        with trio.fail_after(10):
            while await line.client.receive_some():
                pass
        await line.gone.wait()
        assert house.rooms.open_sockets == 1


async def test_a_peer_that_vanishes_in_its_handshake(house: House, autojump_clock: Clock) -> None:
    """Its place is given back."""
    async with switchboard() as nursery:
        line = dial(house, nursery)
        await line.client.send_all(upgrade("/?roomId=r1"))
        await line.client.aclose()
        await line.gone.wait()
        assert house.rooms.open_sockets == 0
        assert await house.store.rooms.page(None, 10) == ()


async def test_cancelling_everything_leaves_no_place_behind(
    house: House, autojump_clock: Clock
) -> None:
    """A stop at once takes every socket out of its room."""
    async with trio.open_nursery() as nursery:
        await connected(house, nursery)
        nursery.cancel_scope.cancel()
    assert await house.store.rooms.page(None, 10) == ()
    assert (house.rooms.open_sockets, house.hub._mailboxes) == (0, {})


async def test_closed_sockets_are_counted(autojump_clock: Clock) -> None:
    """Gauge and counter follow what happens."""
    house = House(RelayLimits(malformed=1))
    async with switchboard() as nursery:
        stranger = await call(house, nursery, "/?roomId=r1")
        assert b'matchd_sockets{dialect="signaling"} 1.0' in house.metrics.render()
        for _ in range(2):
            await stranger.connection.send_message(b"")
        await stranger.line.gone.wait()
    text = house.metrics.render()
    assert b'matchd_sockets{dialect="signaling"} 0.0' in text
    assert b'matchd_socket_closes_total{code="4400"} 1.0' in text
