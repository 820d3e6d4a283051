"""What the lane does with a connection in time: deadlines, drains, hang-ups, slow readers, faults."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock, wait_all_tasks_blocked

from matchd.domain.bookings import State
from matchd.express.visit import _TURN
from tests.express.door import ALIVE, BEAT, FIND, NOWHERE, Door, even, heard, request

WAITING = request("POST", "/api/match/find", b'{"wait":60}')


@pytest.fixture
async def door(nursery: trio.Nursery) -> AsyncIterator[Door]:
    """A door with a lane; nothing asked there is expected to be a fault."""
    made = Door(nursery, lane=True)
    yield made
    made.close()
    assert made.faults == []
    nursery.cancel_scope.cancel()


@pytest.fixture
def sock(door: Door) -> socket.socket:
    """A connection to it."""
    return door.connect()


async def test_hot_requests_stay_in_the_lane(door: Door, sock: socket.socket) -> None:
    """One after the other, or several at once, in order; quart sees none of them."""
    assert (await door.say(sock, BEAT)).startswith(b"HTTP/1.1 200 ")
    said = await door.say(sock, ALIVE + FIND + ALIVE)
    found = [said.find(word) for word in (b'{"ok":true}', b'{"found":true', b'{"ok":true}')]
    assert (found[0] < found[1] < said.rfind(b'{"ok":true}'), said.count(b"HTTP/1.1 200 ")) == (
        True,
        3,
    )
    assert "quart" not in door.events


async def test_the_first_other_request_ends_it(door: Door, sock: socket.socket) -> None:
    """What comes before is answered by the lane, and all behind it by quart, in order."""
    said = await door.say(sock, ALIVE + NOWHERE + ALIVE)
    assert [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]
    assert (await door.say(sock, ALIVE)).endswith(b'{"ok":true}')
    assert door.events["quart"] == 1


async def test_a_body_may_come_later(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """Many clients send the head and the body in two pieces."""
    cut = len(BEAT) - 5
    assert await door.say(sock, BEAT[:cut]) == b""
    await trio.sleep(9)
    assert b'"success":true' in await door.say(sock, BEAT[cut:])
    assert "quart" not in door.events


async def test_a_body_that_is_late(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """After ten seconds it is 408, drop by drop or not, as without a lane."""
    await door.say(sock, BEAT[:-5])
    await trio.sleep(9)
    assert await door.say(sock, BEAT[-5:-4]) == b""
    await trio.sleep(2)
    said = await heard(sock)
    assert (b"HTTP/1.1 408 " in said, b"request_timeout" in said) == (True, True)
    assert door.events["body_deadline"] == 1


@pytest.mark.parametrize(("said", "patience"), [(b"", 5), (b"GET", 5), (ALIVE, 75)])
async def test_who_says_nothing(
    door: Door, sock: socket.socket, said: bytes, patience: float, autojump_clock: MockClock
) -> None:
    """The first request has five seconds, the next ones a minute and a quarter."""
    await door.say(sock, said)
    await trio.sleep(patience - 1)
    assert b"<end>" not in await heard(sock)
    await trio.sleep(2)
    assert b"<end>" in await heard(sock)
    assert door.events["keep_alive_deadline"] + door.events["head_deadline"] == 1


async def test_each_answer_gives_time(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """A caller who asks now and then is never late."""
    for _ in range(4):
        assert b"200" in await door.say(sock, ALIVE)
        await trio.sleep(70)
    assert await heard(sock) == b""


async def test_a_drain(door: Door, autojump_clock: MockClock) -> None:
    """Who is idle goes at once, a newcomer may say his first, a body that has begun is awaited."""
    idle, fresh, begun = door.connect(), door.connect(), door.connect()
    await door.say(idle, ALIVE)
    await door.say(begun, BEAT[:-5])
    door.house.current.draining = True
    door.front.drain()
    late = door.connect()
    assert await heard(idle) == b"<end>"
    for sock, data in ((fresh, ALIVE), (begun, BEAT[-5:]), (late, ALIVE)):
        said = await door.say(sock, data)
        assert (b"200" in said, b"connection: close" in said, b"<end>" in said) == (True,) * 3
    assert await door.talk([], quiet=1) == b"<end>"


async def test_a_drain_between_two_turns(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """Who has just been answered, and asks for nothing more, goes at once, too."""
    sock.send(ALIVE * _TURN)
    with trio.fail_after(1):
        while not _has_come(sock):  # noqa: ASYNC110  # it is told by nobody
            await trio.lowlevel.checkpoint()
    door.house.current.draining = True
    door.front.drain()
    said = await heard(sock)
    assert (said.count(b"HTTP/1.1 200 "), said.endswith(b"<end>")) == (_TURN, True)


def _has_come(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


async def test_an_answer_that_is_the_last(door: Door, sock: socket.socket) -> None:
    """Behind a request with `Connection: close` nothing is read any more."""
    last = request("GET", "/healthz", Connection="close")
    said = await door.say(sock, ALIVE + last + ALIVE)
    assert (said.count(b"HTTP/1.1 200"), b"<end>" in said or b"<reset>" in said) == (2, True)


async def test_a_hang_up_ends_a_find_that_waits(door: Door, sock: socket.socket) -> None:
    """Its place in the line is free at once, and nothing is counted as answered."""
    await door.say(sock, WAITING)
    (entry,) = await door.house.bookings.page(None, 9)
    assert entry.state is State.WAITING
    sock.close()
    await wait_all_tasks_blocked()
    (entry,) = await door.house.bookings.page(None, 9)
    assert (entry.state, entry.cause) == (State.LAPSED, "caller_left")
    assert 'route="/api/match/find"' not in "".join(door.counted())


async def test_a_find_that_waits_is_answered(door: Door, sock: socket.socket) -> None:
    """By a host that comes; what the caller has sent meanwhile is answered after it."""
    assert await door.say(sock, WAITING) == b""
    assert await door.say(sock, ALIVE) == b""
    await door.house.beat("h2")
    said = await heard(sock)
    assert said.index(b'{"found":true') < said.index(b'{"ok":true}')
    assert "quart" not in door.events


async def test_a_flood_behind_a_waiting_find(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """Only so much is read ahead, and all of it is answered."""
    many = 1500
    await door.say(sock, WAITING)
    data, sent, said = ALIVE * many, 0, b""
    while sent < len(data) or said.count(b'{"ok":true}') < many:
        try:
            sent += sock.send(data[sent:])
        except BlockingIOError:
            await door.house.beat("h2")
        said += await heard(sock)
        if sent == len(data):
            await door.house.beat("h2")
    assert said.count(b'{"found":true') == 1


async def test_a_fault_in_a_handler(
    door: Door, sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trace in the log, 500, and the connection goes on."""

    async def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(door.house.hosts, "beat", fail)
    with capture_logs() as logs:
        said = await door.say(sock, BEAT)
    assert (b"HTTP/1.1 500 " in said, b"secret" in said) == (True, False)
    assert [line["event"] for line in logs] == ["http.fault", "http.request"]
    assert b"200" in await door.say(sock, ALIVE)
    assert 'matchd_faults_total{guard="request"} 1.0' in door.counted()


async def test_who_does_not_read(
    door: Door, sock: socket.socket, autojump_clock: MockClock
) -> None:
    """He is cut off when the kernel has taken nothing for ten seconds; others are served."""
    with suppress(BlockingIOError):
        while sock.send(ALIVE * 100):
            await wait_all_tasks_blocked()
    assert b"200" in await door.talk([ALIVE])
    await trio.sleep(11)
    assert door.events["write_deadline"] == 1


async def test_a_peer_that_resets(door: Door, sock: socket.socket) -> None:
    """It is counted, and no fault."""
    await door.say(sock, ALIVE * 3)
    sock.send(ALIVE)
    sock.close()
    await wait_all_tasks_blocked()
    assert door.faults == []


async def test_every_cut_of_a_conversation(door: Door, nursery: trio.Nursery) -> None:
    """Wherever it is cut, what is asked of hot and other routes is answered alike."""
    talk = ALIVE + BEAT + NOWHERE + ALIVE
    whole = even(await Door(nursery, lane=False).talk([talk]))
    assert whole.count(b"HTTP/1.1 ") == 4
    for cut in range(1, len(talk)):
        assert even(await door.talk([talk[:cut], talk[cut:]])) == whole, cut


async def test_a_booking_from_beginning_to_end(
    door: Door, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Found, followed, kept by its key and given back: the same words at both edges."""

    async def play(at: Door) -> list[bytes]:
        key = {"Idempotency_Key": "k" * 22, "Origin": "https://game.example"}
        await at.talk([BEAT])
        found = await at.talk([request("POST", "/api/match/find", b"{}", **key)])
        name, grant = (found.split(b'"%b":"' % word)[1][:22].decode() for word in NAMES)
        one, who = f"/api/match/{name}", {"Authorization": f"Bearer {grant}"}
        return [
            found,
            await at.talk([request("POST", "/api/match/find", b'{"game":"x"}', **key)]),
            await at.talk([request("GET", f"{one}?wait=0", **who)]),
            await at.talk([request("POST", f"{one}/release", **who)]),
            await at.talk([request("GET", one, **who)]),
        ]

    slow = Door(nursery, lane=False)
    assert [even(said) for said in await play(slow)] == [even(said) for said in await play(door)]
    assert ("quart" in slow.events, "quart" in door.events) == (True, False)


NAMES = (b"bookingId", b"grant")
