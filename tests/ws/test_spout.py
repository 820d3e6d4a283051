"""What is said in one turn of the lane leaves together, and counts as if each had left alone."""

from __future__ import annotations

import socket
from typing import cast

import trio
import trio.testing

from matchd.protocol.frames import PING, PONG, TEXT, close_frame, frame
from matchd.services.settings import RelayLimits
from tests.ws.bare import Call, masked, said, switch

Clock = trio.testing.MockClock


class Counted:
    """A socket that counts what is sent, and takes no more than so many bytes of each."""

    def __init__(self, call: Call, most: int = 1 << 20) -> None:
        self._sock = call.outbox._sock
        self._most = most
        self.sent: list[bytes] = []
        call.outbox._sock = cast("socket.socket", self)

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)

    def send(self, data: bytes) -> int:
        """Send as much as there is room for."""
        if len(self.sent) and self._most < 1 << 20:
            raise BlockingIOError
        self.sent.append(data[: self._most])
        return self._sock.send(self.sent[-1])


async def test_what_is_said_together_leaves_together(autojump_clock: Clock) -> None:
    """In a turn of the lane and outside of one; a pong is not said before what stands before it."""
    async with switch() as lane:
        call = await lane.call()
        counted = Counted(call)
        await call.send(said("a"), said("b"), masked(PING, b"x"), said("c"), said("d"))
        first = [frame(TEXT, b"a") + frame(TEXT, b"b"), frame(PONG, b"x")]
        expected = [*first, frame(TEXT, b"c") + frame(TEXT, b"d")]
        assert b"".join(expected) == await call.read(len(b"".join(expected)))
        call.outbox.put(b"e")
        call.outbox.put(b"f")
        assert expected == counted.sent
        expected.append(frame(TEXT, b"e") + frame(TEXT, b"f"))
        await call.read(6)
        assert expected == counted.sent


async def test_what_is_held_waits_like_anything_else(autojump_clock: Clock) -> None:
    """When the kernel takes a part only, each frame behind it counts; what was begun is finished."""
    async with switch() as lane:
        call = await lane.call(limits=RelayLimits(outbox_messages=3))
        Counted(call, most=4)
        for text in (b"a", b"b", b"c", b"d", b"e"):
            call.outbox.put(text)
        assert frame(TEXT, b"a") + frame(TEXT, b"b")[:1] == await call.read(4)
        assert b'messages_total{reason="outbox_full"} 3.0' in lane.lane.metrics.render()
        call.outbox._sock = cast("Counted", call.outbox._sock)._sock
        expected = frame(TEXT, b"b")[1:] + close_frame(4431, "reads too slowly")
        assert expected == await call.read(len(expected))


async def test_the_last_words_to_one_who_hangs_up(autojump_clock: Clock) -> None:
    """Who says nothing more may still read what he is told in the turn in which he says so."""
    async with switch() as lane:
        quiet = await lane.call()
        loud = await lane.call(lambda _call, text: quiet.outbox.put(text.encode()))
        loud.client.sock.send(said("x"))
        quiet.client.sock.shutdown(socket.SHUT_WR)
        assert frame(TEXT, b"x") == await quiet.rest()
