"""A first request that is a whole WebSocket upgrade, which needs nobody to watch what comes in."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
import trio
import trio.testing

from matchd.listener.caps import Caps
from matchd.listener.connection import Connection, Rest
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.guard import GuardedStream
from matchd.listener.heads import Limits, RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from matchd.listener.scanner import HeadScanner, whole_upgrade
from tests.listener.house import UPGRADE


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (UPGRADE, b""),
        (UPGRADE + b"\x81\x80", b"\x81\x80"),
        (UPGRADE[:-1], None),
        (UPGRADE.replace(b"\r\n", b"\n", 1), None),
        (UPGRADE.replace(b"GET", b"POST"), None),
        (UPGRADE.replace(b"Host: x\r\n", b""), None),
        (b"GET / HTTP/1.1\r\nHost: websocket\r\n\r\n" + UPGRADE, None),
        (b"", None),
    ],
)
def test_a_whole_upgrade_is_seen_at_once(data: bytes, rest: bytes | None) -> None:
    """With what comes behind it; everything else is left to the scanner."""
    found = whole_upgrade(data, Limits())
    assert rest == (None if found is None else found[1])
    if found is not None:
        scanner = HeadScanner()
        scanner.feed(data)
        assert scanner.next_item() == found[0]


def ignore_fault(_error: BaseException, _peer: Peer) -> None:
    """What failed is seen by what was not told."""


class Desk:
    """Both edges and the express lane of a front door; what each of them was given."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.upgraded: list[bytes] = []
        edges = Edges(serve_http=self._http, serve_websocket=self._socket, express=self)
        self.front = Front(edges, Caps(9, 9), Watch(on_fault=ignore_fault), Rules())

    async def serve(
        self,
        stream: trio.abc.Stream,
        guard: GuardedStream | None,  # noqa: ARG002  # the lane's signature
        peer: str,  # noqa: ARG002  # the lane's signature
    ) -> Rest | None:
        """The express lane: reads once, and answers everything."""
        self.asked.append(bytes(await stream.receive_some()))
        return None

    def drain(self) -> None:
        """Nobody is here."""

    async def _http(self, _stream: HttpStream, _connection: Connection) -> None:
        raise AssertionError("nothing is for the HTTP edge")

    async def _socket(self, stream: ReplayStream, _head: RequestHead, _peer: Peer) -> None:
        data = b""
        while b"last" not in data:
            data += await stream.receive_some()
        self.upgraded.append(data)


@pytest.mark.parametrize("behind", [b"", b"\x81\x80"])
@pytest.mark.parametrize("draining", [False, True])
@pytest.mark.parametrize("start", [UPGRADE, UPGRADE[:-1], b"GET / HTTP/1.1\r\n", b""])
async def test_an_upgrade_that_came_with_the_connection(
    start: bytes, draining: bool, behind: bytes
) -> None:
    """Is handed over without the express lane, with every byte; whatever else is here is the lane's,
    and so is everything while the house drains.
    """
    desk = Desk()
    if draining:
        desk.front.drain()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.send(start + behind)
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda: desk.front.handle(ours, tls=False))
                await trio.testing.wait_all_tasks_blocked()
                with suppress(BrokenPipeError):  # the lane has hung up already
                    theirs.send(b"last")
    said = start + behind + b"last"
    if start == UPGRADE and not draining:
        assert ([], [said]) == (desk.asked, desk.upgraded)
    else:
        assert ([(start + behind) or b"last"], []) == (desk.asked, desk.upgraded)
