"""Pairs of peers in matchbox rooms of `next=2`: how fast they meet, what they weigh, how they talk."""

from __future__ import annotations

import json
import select
import time

from bench.load.gauge import Gauge, kilobytes
from bench.load.jobs import RoomsJob, RoomsSample, Watched
from bench.load.sockets import TEXT, End, masked, open_all

PATIENCE = 10.0
"""Seconds until everybody must have met."""

TALKING = 200
"""Pairs that talk; all others rest."""


def run(job: RoomsJob) -> RoomsSample:
    """Open the rooms, let them rest, then let some talk: one signal in flight per pair."""
    _Rooms().open(job.port, 10, "first")  # what is loaded late
    time.sleep(job.settle)
    before = kilobytes(job.pid)
    watched = Watched((job.pid,))
    rooms, gauge = _Rooms(), Gauge(watched)
    rooms.open(job.port, job.pairs, "room")
    opened = gauge.read(job.pairs, [])
    rooms.receive(job.settle)
    grown = kilobytes(job.pid) - before
    rooms.start(min(TALKING, job.pairs))
    rooms.receive(job.seconds / 5)
    rooms.latencies.clear()
    gauge = Gauge(watched)
    rooms.receive(job.seconds)
    talked = gauge.read(len(rooms.latencies), rooms.latencies)
    return RoomsSample(opened=opened, kilobytes=grown / (2 * job.pairs), talked=talked)


class _Peer:
    """One socket, the frame that it sends to its pair, and when it last did."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.id = ""
        self.frame = b""
        self.pair: _Peer | None = None
        self.sent_at = 0.0


class _Rooms:
    """The sockets of all pairs under one epoll."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self._poll = select.epoll()
        self._peers: dict[int, _Peer] = {}
        self._by_id: dict[str, _Peer] = {}
        self._announced: dict[str, _Peer] = {}
        self._met: list[_Peer] = []

    def open(self, port: int, pairs: int, name: str) -> None:
        """Open both peers of so many rooms; TimeoutError when some do not meet."""
        paths = [b"/matchbox/%b-%d?next=2" % (name.encode(), at) for at in range(pairs)]
        for _ in range(2):
            for end in open_all(port, paths):
                peer = self._peers[end.socket.fileno()] = _Peer(end)
                self._poll.register(end.socket, select.EPOLLIN)
                self._take(peer, list(end.waiting()))
        until = time.perf_counter() + PATIENCE
        while len(self._met) < pairs:
            if time.perf_counter() > until:
                raise TimeoutError(f"{pairs - len(self._met)} rooms were never complete")
            self._receive(0.1)

    def start(self, pairs: int) -> None:
        """Let one of each of so many pairs speak."""
        for peer in self._met[:pairs]:
            self._send(peer)

    def receive(self, seconds: float) -> None:
        """Receive for so long; whoever hears a signal answers it."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._receive(left)

    def _receive(self, timeout: float) -> None:
        for number, _events in self._poll.poll(timeout):
            peer = self._peers[number]
            self._take(peer, list(peer.end.frames()))

    def _take(self, peer: _Peer, frames: list[tuple[int, bytes]]) -> None:
        for opcode, payload in frames:
            if opcode != TEXT:
                continue
            if payload.startswith(b'{"Signal"'):
                assert peer.pair is not None
                self.latencies.append(time.perf_counter() - peer.pair.sent_at)
                self._send(peer)
            else:
                self._meet(peer, json.loads(payload))

    def _meet(self, peer: _Peer, event: dict[str, str]) -> None:
        if "IdAssigned" in event:
            peer.id = event["IdAssigned"]
            self._by_id[peer.id] = peer
        if "NewPeer" in event:
            self._announced[event["NewPeer"]] = peer
        # A peer may be announced before it has read its own id.
        for name in self._announced.keys() & {peer.id, event.get("NewPeer")} & self._by_id.keys():
            self._pair(self._announced.pop(name), self._by_id[name])

    def _pair(self, peer: _Peer, other: _Peer) -> None:
        peer.pair, other.pair = other, peer
        for one, to in ((peer, other), (other, peer)):
            said = {"Signal": {"receiver": to.id, "data": "v" * 120}}
            one.frame = masked(TEXT, json.dumps(said).encode())
        self._met.append(peer)

    def _send(self, peer: _Peer) -> None:
        peer.sent_at = time.perf_counter()
        if peer.end.socket.send(peer.frame) != len(peer.frame):
            raise BlockingIOError("a frame did not fit the socket's buffer")
