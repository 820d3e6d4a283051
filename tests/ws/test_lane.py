"""The lane: frames in and out, its fairness, its barrier, and every way in which a socket ends."""

from __future__ import annotations

import errno
import socket
import struct

import pytest
import trio
import trio.testing

from matchd.metrics import Metrics
from matchd.protocol.frames import BINARY, PING, PONG, TEXT, close_frame, frame
from matchd.protocol.news import Close
from matchd.services.settings import RelayLimits
from matchd.ws.keeper import Keeper
from matchd.ws.lane import Lane
from tests.ws.bare import Call, closed, masked, said, switch

Clock = trio.testing.MockClock


async def test_what_came_with_the_request(autojump_clock: Clock) -> None:
    """Frames that were sent before our answer are not lost, in however many pieces."""
    async with switch() as lane:
        call = await lane.call(rest=said("one") + said("two")[:3])
        await call.send(said("two")[3:])
        expected = frame(TEXT, b"one") + frame(TEXT, b"two")
        assert expected == await call.read(len(expected))


async def test_a_ping_is_answered_and_binary_refused(autojump_clock: Clock) -> None:
    """Control frames come between the fragments of a message."""
    async with switch() as lane:
        call = await lane.call()
        await call.send(
            masked(0x01, b"a"), masked(PING, b"x"), masked(0x80, b"b"), masked(BINARY, b"")
        )
        expected = frame(PONG, b"x") + frame(TEXT, b"ab")
        assert expected == await call.read(len(expected))
        await trio.sleep(1)
        assert (call.heard, call.refused) == (["ab"], 1)


@pytest.mark.parametrize(("code", "goodbyes"), [(1000, 1), (1001, 1), (3000, 0), (None, 0)])
async def test_the_peer_closes(autojump_clock: Clock, code: int | None, goodbyes: int) -> None:
    """He hears his code, then the end; only 1000 and 1001 are a goodbye."""
    async with switch() as lane:
        call = await lane.call()
        close = masked(0x88, b"") if code is None else closed(code)
        await call.send(said("last"), close, said("too late"))
        assert frame(TEXT, b"last") + close_frame(code) == await call.rest()
        await call.over.wait()
        assert (call.heard, call.goodbyes) == (["last"], goodbyes)


async def test_we_close(autojump_clock: Clock) -> None:
    """After what was put before; what he says until he answers is heard, and put is dropped."""
    async with switch() as lane:
        call = await lane.call()
        call.outbox.put(b"before")
        call.outbox.close(Close.GONE, "over")
        call.outbox.close(Close.RESTART, "not this one")
        call.outbox.put(b"behind")
        await call.send(said("heard"), masked(PING, b""), closed(4410))
        assert frame(TEXT, b"before") + close_frame(4410, "over") == await call.rest()
        assert (call.heard, call.goodbyes) == (["heard"], 0)


async def test_who_does_not_answer_our_close(autojump_clock: Clock) -> None:
    """He is cut off after two seconds."""
    async with switch() as lane:
        call = await lane.call()
        start = trio.current_time()
        call.outbox.close(Close.GONE, "over")
        await call.over.wait()
        assert trio.current_time() - start == 2


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b"\x81\x01x", 1002),
        (b"\xf1" * 9, 1002),
        (masked(0x80, b"x"), 1002),
        (masked(0x88, b"x"), 1002),
        (masked(TEXT, b"\xff"), 1007),
        (masked(TEXT, b"x" * 65_537), 1009),
    ],
)
async def test_what_is_no_websocket(autojump_clock: Clock, broken: bytes, code: int) -> None:
    """He is told, his service knows at once, and what he still sends is dropped until he hangs up."""
    async with switch() as lane:
        call = await lane.call()
        await call.send(said("fine"), broken)
        heard = await call.rest()
        assert heard.startswith(frame(TEXT, b"fine") + b"\x88")
        assert code == int.from_bytes(heard[len(frame(TEXT, b"fine")) + 2 :][:2], "big")
        kept = call.outbox._reader.unread
        for _ in range(10):
            await call.send(said("dropped") * 1000)
            await trio.testing.wait_all_tasks_blocked()
        assert (call.heard, call.left, call.over.is_set()) == (["fine"], 1, False)
        assert call.outbox._reader.unread == kept
        await trio.sleep(3)
        assert call.over.is_set()


async def test_he_hangs_up(autojump_clock: Clock) -> None:
    """Without a close frame, with a reset, in the middle of a frame: it is over, without a goodbye."""
    async with switch() as lane:
        calls = [await lane.call() for _ in range(3)]
        await calls[1].send(said("half")[:5])
        linger = struct.pack("ii", 1, 0)
        calls[2].client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        for call in calls:
            call.client.close()
        for call in calls:
            await call.over.wait()
            assert (call.goodbyes, call.heard) == (0, [])


async def test_an_error_ends_one_socket(autojump_clock: Clock) -> None:
    """It is told of once; the socket whose frame it came from is cut off, the others go on."""

    def fail(_call: Call, _text: str) -> None:
        raise RuntimeError("test")

    async with switch() as lane:
        bad, good = await lane.call(fail), await lane.call()
        await bad.send(said("x") * 3)
        assert await bad.rest() == b""
        await good.send(said("y"))
        assert await good.read(3) == frame(TEXT, b"y")
        assert (len(lane.faults), lane.lane.open) == (1, 1)
        worse = await lane.call(fail, rest=said("x"))
        assert await worse.rest() == b""
    assert len(lane.faults) == 2


async def test_a_service_that_fails_gives_the_place_back(autojump_clock: Clock) -> None:
    """What leaving raises is told of, and ends nothing else."""
    async with switch() as lane:
        call, other = await lane.call(), await lane.call()

        async def fail(_call: Call) -> None:
            call.left += 1
            raise RuntimeError("test")

        call.outbox.visit = type(call.outbox.visit)(call, fail)
        call.client.close()
        await call.over.wait()
        await other.send(said("y"))
        assert await other.read(3) == frame(TEXT, b"y")
        assert len(lane.faults) == 1


async def test_a_socket_that_can_not_be_watched(
    autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may have no memory for it: its connection is over, and its place is free."""

    class Full:
        def register(self, _descriptor: int, _events: int) -> None:
            raise OSError(errno.ENOSPC, "no more watches")

    async with switch() as lane:
        other = await lane.call()
        with monkeypatch.context() as full:
            full.setattr(lane.lane, "_epoll", Full())
            with pytest.raises(OSError, match="no more watches"):
                await lane.call()
        lost = lane.calls.pop()
        assert lost.over.is_set()
        assert await lost.rest() == b""
        lost.client.close()
        assert lane.lane.open == 1
        await other.send(said("y"))
        assert await other.read(3) == frame(TEXT, b"y")


async def test_a_flood_starves_nobody(autojump_clock: Clock) -> None:
    """While one has said thousands of things, another is heard after a few of them, and so is Trio."""
    order: list[str] = []
    async with switch() as lane:
        loud = await lane.call(lambda _call, text: order.append(text))
        quiet = await lane.call(lambda _call, text: order.append(text))
        loud.client.sock.send(said("l") * 4000)
        quiet.client.sock.send(said("q"))
        while len(loud.heard) < 4000:
            order.append("trio")
            await trio.lowlevel.checkpoint()
        assert (order.index("q") <= 64, order.count("trio") > 100) == (True, True)


async def test_no_frame_is_torn(autojump_clock: Clock) -> None:
    """Of a peer who reads too slowly what was begun is finished; then he hears 4431."""
    async with switch() as lane:
        call = await lane.call(limits=RelayLimits(outbox_bytes=100_000))
        call.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for number in range(40):
            call.outbox.put(b"%d" % number * 30_000)
        whole = await call.rest()
        heard = []
        while whole[0] == TEXT:
            size = int.from_bytes(whole[2:4], "big")
            heard.append(whole[4 : 4 + size])
            whole = whole[4 + size :]
        assert heard == [b"%d" % number * 30_000 for number in range(len(heard))]
        assert (0 < len(heard) < 40, whole) == (True, close_frame(4431, "reads too slowly"))


async def test_pings_of_somebody_who_does_not_read(autojump_clock: Clock) -> None:
    """The answers fill his outbox like anything else: he is closed, and his memory is bounded."""
    async with switch() as lane:
        call = await lane.call(limits=RelayLimits(outbox_messages=8))
        lane.fill(call)
        await call.send(masked(PING, b"x") * 20)
        await call.over.wait()
        assert b'messages_total{reason="outbox_full"} 9.0' in lane.lane.metrics.render()


async def test_who_takes_nothing_is_cut_off(autojump_clock: Clock) -> None:
    """An open socket after the write deadline; one of which a little is taken may stay."""
    async with switch() as lane:
        stuck, slow = await lane.call(), await lane.call()
        for call in (stuck, slow):
            lane.fill(call)
            call.outbox.put(b"x")
        start = trio.current_time()
        await trio.sleep(5)
        await slow.read(540)
        await stuck.over.wait()
        assert trio.current_time() - start == 10
        assert not slow.over.is_set()
        assert b'{reason="write_deadline"} 1.0' in lane.lane.metrics.render()


async def test_a_stop_with_stalled_peers(autojump_clock: Clock) -> None:
    """Everybody is cut off when the grace is over, and all services know."""
    async with switch() as lane:
        stuck, idle = await lane.call(), await lane.call()
        lane.fill(stuck)
        stuck.outbox.close(Close.RESTART, "test")
        lane.lane.stop(1.5)
        start = trio.current_time()
        await lane.lane.emptied()
        assert trio.current_time() - start == 1.5
        assert (stuck.left, idle.left, lane.lane.serving) == (1, 1, False)
        await lane.lane.emptied()


async def test_a_lane_that_was_stopped_returns(autojump_clock: Clock) -> None:
    """None of its own tasks is left when its grace is over."""
    lane = Lane(Metrics(), Keeper(), lambda _error, _peer: None)
    start = trio.current_time()
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            await nursery.start(lane.run)
            lane.stop(1.5)
    assert trio.current_time() - start == 1.5


async def test_the_same_for_many_is_one_frame(autojump_clock: Clock) -> None:
    """What goes to several is encoded once."""
    async with switch() as lane:
        text = b"for all"
        assert lane.lane.framed(text) is lane.lane.framed(text)
        assert lane.lane.framed(bytes(bytearray(text))) == lane.lane.framed(text)
