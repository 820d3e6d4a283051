"""Pairs of host and player that send each other offers through the relay; and sockets at rest.

Order per sender is kept by every relay measured here, so the send times of a pair lie in one queue
and the frames need no time stamp: each is made once, before anything is measured.
"""

from __future__ import annotations

import select
import time
from collections import deque

from bench.load.gauge import Gauge, kilobytes
from bench.load.jobs import IdleJob, IdleSample, RelayJob, RelaySample, Sample
from bench.load.sockets import TEXT, End, masked, open_all

WARM_UP = 0.15
LAST_ARRIVAL = 5.0
"""Seconds a signal may take until it counts as lost."""

_OFFER = b'{"type":"offer"'


def offer() -> bytes:
    """A frame with an offer of 200 bytes."""
    head, tail = _OFFER + b',"sdp":"', b'"}'
    return masked(TEXT, head + b"v" * (200 - len(head) - len(tail)) + tail)


def run(job: RelayJob) -> RelaySample:
    """Open the pairs, then both loops on the same sockets."""
    relay = _Relay()
    relay.open(job.host_port, job.player_port, job.pairs)
    relay.echo = True
    relay.start()
    relay.pump(job.seconds * WARM_UP)
    relay.latencies.clear()
    gauge = Gauge(job.watched)
    relay.pump(job.seconds)
    closed = gauge.read(len(relay.latencies), relay.latencies)
    relay.echo = False
    relay.settle()
    return RelaySample(closed=closed, open=_open_loop(relay, job))


def rest(job: IdleJob) -> IdleSample:
    """Memory per socket in rooms of two, after a first few have loaded what is loaded late."""
    first = _Relay()
    first.open(job.port, job.port, 10, "first")
    first.close()
    time.sleep(job.settle)
    before = kilobytes(job.pid)
    began = time.perf_counter()
    relay = _Relay()
    relay.open(job.port, job.port, job.sockets // 2)
    seconds = time.perf_counter() - began
    relay.pump(job.settle)
    grown = kilobytes(job.pid) - before
    sockets = job.sockets // 2 * 2
    return IdleSample(kilobytes=grown / sockets, opens=sockets / seconds)


def _open_loop(relay: _Relay, job: RelayJob) -> Sample:
    relay.latencies.clear()
    gauge = Gauge(job.watched)
    relay.offer_steadily(job.rate, job.seconds)
    return gauge.read(len(relay.latencies), relay.latencies)


class _Relay:
    """The sockets of all pairs under one epoll."""

    def __init__(self) -> None:
        # Fixed after `open`. The epoll comes before all sockets: select() takes no number from 1024.
        self._poll = select.epoll()
        self._players: list[End] = []
        self._ends: dict[int, tuple[End, deque[float]]] = {}
        self._frame = offer()
        # Changed while it runs.
        self.latencies: list[float] = []
        self.echo = False
        self._in_flight = 0

    def open(self, host_port: int, player_port: int, count: int, name: str = "room") -> None:
        """Open so many rooms of two; the first socket of a room is its host."""
        paths = [b"/?roomId=%b-%d" % (name.encode(), number) for number in range(count)]
        hosts = open_all(host_port, paths)
        self._players = open_all(player_port, paths)
        for pair in zip(hosts, self._players, strict=True):
            sent = deque[float]()
            for end in pair:
                self._ends[end.socket.fileno()] = end, sent
                self._poll.register(end.socket, select.EPOLLIN)
                self._take(list(end.waiting()), end, sent)

    def close(self) -> None:
        """Close all sockets."""
        for end, _sent in self._ends.values():
            end.socket.close()
        self._poll.close()

    def start(self) -> None:
        """Let every player send one offer."""
        for player in self._players:
            self._send(player, time.perf_counter())

    def pump(self, seconds: float) -> None:
        """Receive for so long; with `echo`, whoever receives sends the next."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._receive(left)

    def settle(self) -> None:
        """Receive until nothing is under way; TimeoutError when a signal was lost."""
        until = time.perf_counter() + LAST_ARRIVAL
        while self._in_flight:
            if time.perf_counter() > until:
                raise TimeoutError(f"{self._in_flight} signals were lost")
            self._receive(0.1)

    def offer_steadily(self, rate: int, seconds: float) -> None:
        """Send on schedule, player by player. Latency counts from the scheduled moment."""
        began = time.perf_counter()
        for number in range(max(1, int(rate * seconds))):
            due = began + number / rate
            while (left := due - time.perf_counter()) > 0:
                self._receive(left)
            self._send(self._players[number % len(self._players)], due)
        self.settle()

    def _send(self, end: End, at: float) -> None:
        self._ends[end.socket.fileno()][1].append(at)
        self._in_flight += 1
        if end.socket.send(self._frame) != len(self._frame):
            raise BlockingIOError("a frame did not fit the socket's buffer")

    def _receive(self, timeout: float) -> None:
        # epoll's own timeout counts whole milliseconds, which would be seen in the latencies.
        if not select.select([self._poll.fileno()], [], [], timeout)[0]:
            return
        for number, _events in self._poll.poll(0):
            end, sent = self._ends[number]
            self._take(list(end.frames()), end, sent)

    def _take(self, frames: list[tuple[int, bytes]], end: End, sent: deque[float]) -> None:
        for opcode, payload in frames:
            # A relay's own words (a peer has joined) are not what is measured.
            if opcode == TEXT and payload.startswith(_OFFER):
                now = time.perf_counter()
                self.latencies.append(now - sent.popleft())
                self._in_flight -= 1
                if self.echo:
                    self._send(end, now)
