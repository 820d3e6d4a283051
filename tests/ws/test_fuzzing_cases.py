"""Both edges beside each other before what a fuzzing client says: no case fails, however it is cut."""

from __future__ import annotations

import socket
from functools import partial

import pytest
import trio
import trio.testing

from matchd.protocol.frames import BINARY, CLOSE, PING, PONG, TEXT
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits
from matchd.ws.doors import Doors
from matchd.ws.edge import WebSocketEdge
from tests.house import House
from tests.ws.bare import masked
from tests.ws.client import Line, serve, switchboard, upgrade
from tests.ws.fuzzing_cases import FAILS, NOT_TEXT, Case, cases
from tests.ws.open_door import OpenDoor
from tests.ws.wires import Pipe

Clock = trio.testing.MockClock
END = masked(CLOSE, b"\x03\xe8")
DROPPED = 1006
KINDS = {TEXT, BINARY, CLOSE, PING, PONG}


class Echo:
    """Says again what is text."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def receive(self, text: str) -> None:
        """Say it again."""
        self._outbox.put(text.encode())

    def refuse(self) -> None:
        """Say what it was."""
        self._outbox.put(b"binary")


def frames_in(data: bytes) -> list[tuple[int, bytes]]:
    """What a server said, as far as it is whole; it masks nothing."""
    heard = []
    while len(data) >= 2:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        assert data[0] in KINDS
        if len(data) < start + size:
            break
        heard.append((data[0], data[start : start + size]))
        data = data[start + size :]
    return heard


async def _say(client: Pipe, case: Case, step: int, said: trio.Event) -> None:
    """Send the case in pieces."""
    try:
        for place in range(0, len(case.sent), step):
            await client.send_all(case.sent[place : place + step])
    except trio.BrokenResourceError:
        pass  # the server was done before the client
    finally:
        said.set()


def passes(case: Case, said: list[tuple[int, bytes]], code: int | None, *, strict: bool) -> bool:
    """The library may be lax, as Autobahn has it: it drops who breaks the rules without a word, and
    what was said just before a close.
    """
    if strict:
        return (said, code) == (case.heard, case.code)
    dropped = case.code in (FAILS, NOT_TEXT) and code == DROPPED
    return said == case.heard[: len(said)] and (dropped or code == case.code)


async def _outcome(
    house: House, nursery: trio.Nursery, case: Case, step: int
) -> tuple[list[tuple[int, bytes]], int | None]:
    """What was heard, and the code of the close."""
    client, server = map(Pipe, socket.socketpair())
    line = Line(client)
    nursery.start_soon(serve, house, line, server)
    await client.send_all(upgrade("/"))
    heard = await client.receive_some()
    assert heard.endswith(b"\r\n\r\n")
    # It listens while it speaks.
    async with trio.open_nursery() as speaking:
        said_all = trio.Event()
        speaking.start_soon(_say, client, case, step, said_all)
        heard = await _hear(client, case, said_all)
    client.close()
    await line.gone.wait()
    said = frames_in(heard)
    if not said or said[-1][0] != CLOSE:
        return said, DROPPED
    _, last = said.pop()
    return said, int.from_bytes(last[:2], "big") if last else None


async def _hear(client: Pipe, case: Case, said: trio.Event) -> bytes:
    """All that comes; the client closes once it has heard what it must."""
    heard, closing = b"", case.code != 1000 or case.number.startswith("7.")
    with trio.move_on_after(60):
        try:
            while True:
                if not closing and len(frames_in(heard)) == len(case.heard):
                    closing = True
                    await said.wait()
                    await client.send_all(END)
                chunk = await client.receive_some()
                heard += chunk
                if not chunk:
                    break
        except trio.BrokenResourceError:
            pass
    return heard


@pytest.mark.parametrize("laned", [False, True])
@pytest.mark.parametrize("step", [1 << 20, 1])
async def test_no_case_fails(autojump_clock: Clock, laned: bool, step: int) -> None:
    """Every frame comes back that must, in order, and the close has the right code."""
    house = House()
    doors = Doors((OpenDoor(Echo, RelayLimits(outbox_messages=1000)),), ())
    made = partial(WebSocketEdge, doors, house.current, house.limits, house.keeper, house.metrics)
    house.edge = made(lane=house.lane if laned else None)
    failed = []
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        await nursery.start(house.lane.run)
        for case in cases():
            if step == 1 and (len(case.sent) > 400 or case.number.startswith("7.1.")):
                continue  # what comes behind a close meets nobody, and resets the connection
            outcome = await _outcome(house, nursery, case, step)
            if not passes(case, *outcome, strict=laned):
                failed.append((case.number, outcome))
    assert not failed, "\n".join(str(one)[:200] for one in failed)
    assert house.faults == []
