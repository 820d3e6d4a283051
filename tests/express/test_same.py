"""Whether there is a lane changes no answer: the same bytes to a door with it and to one without."""

from __future__ import annotations

import socket
from itertools import pairwise

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from trio.testing import MockClock

from tests.express.asks import requests
from tests.express.door import ALIVE, BEAT, NOWHERE, Door, even, heard, request
from tests.thorough import TIMES

LATE = 200.0
"""Seconds after which whoever says nothing has been told so."""


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """Some requests behind one another, cut anywhere."""
    whole = b"".join(draw(st.lists(requests(), min_size=1, max_size=4)))
    cuts = draw(st.lists(st.integers(0, min(len(whole), 2000)), max_size=3))
    edges = [0, *sorted(cuts), len(whole)]
    return [whole[a:b] for a, b in pairwise(edges) if a != b]


async def asked(door: Door, pieces: list[bytes]) -> tuple[bytes, list[object]]:
    """What a door behind which a host is free answers, and what is logged meanwhile, less what differs
    between two houses.
    """
    await door.talk([BEAT])
    with capture_logs() as logs:
        said = await door.talk(pieces, quiet=LATE)
    told = [{**line, "ms": 0, "request_id": "", "booking": ""} for line in logs]
    return even(said), [line for line in told if line["event"] != "node.joined"]


@settings(max_examples=12 * TIMES, deadline=None)
@given(st.lists(conversations(), min_size=1, max_size=8))
def test_no_difference(talks: list[list[bytes]]) -> None:
    """Whatever is asked in whatever pieces: answers, log lines, events and counters are the same."""

    async def live() -> None:
        async with trio.open_nursery() as nursery:
            fast, slow = Door(nursery, lane=True), Door(nursery, lane=False)
            fast.house.wall_offset -= LATE  # it is always asked so much later
            for pieces in talks:
                assert await asked(slow, pieces) == await asked(fast, pieces), pieces
                assert slow.faults == fast.faults == []
            del fast.events["quart"], slow.events["quart"]
            assert slow.events == fast.events
            assert slow.counted() == fast.counted()
            nursery.cancel_scope.cancel()

    trio.run(live, clock=MockClock(autojump_threshold=0))


HALVES = {
    "hot": (ALIVE + BEAT, 2),
    "other": (NOWHERE, 1),
    "both": (BEAT + NOWHERE + ALIVE, 3),
    "no-head": (ALIVE[:-3], 0),
    "no-body": (BEAT[:-3], 0),
    "waits": (request("POST", "/api/match/find", b'{"wait":60}'), 0),
}


@pytest.mark.parametrize(("talk", "answers"), HALVES.values(), ids=HALVES)
async def test_who_closes_his_half(
    nursery: trio.Nursery, autojump_clock: MockClock, talk: bytes, answers: int
) -> None:
    """He is sent all that he has asked for, and no longer waited for."""
    said = []
    for lane in (True, False):
        door = Door(nursery, lane=lane)
        with door.connect() as sock:
            sock.send(talk)
            sock.shutdown(socket.SHUT_WR)
            await trio.sleep(1)
            said.append(even(await heard(sock)))
        assert door.faults == []
    assert said[0] == said[1]
    assert (said[0].count(b"HTTP/1.1 "), said[0].endswith(b"<end>")) == (answers, True)
