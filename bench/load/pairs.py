"""Sockets in pairs that send each other one and the same frame, in a closed or an open loop.

Order per sender is kept by everything measured here, so the send times of a pair lie in one queue
and the frames need no time stamp: each is made once, before anything is measured.
"""

from __future__ import annotations

import select
import time
from collections import deque

from bench.load.gauge import Gauge
from bench.load.jobs import Sample, Watched
from bench.load.sockets import TEXT, End, masked

WARM_UP = 0.15
"""Share of the measured seconds that runs before them."""

LAST_ARRIVAL = 5.0
"""Seconds a message may take until it counts as lost."""


class Pairs:
    """The sockets of all pairs under one epoll; `begins` is how a message that counts begins."""

    def __init__(self, message: bytes, begins: bytes) -> None:
        # Fixed after `add`. The epoll comes before all sockets: select() takes no number from 1024.
        self._poll = select.epoll()
        self._frame, self._begins = masked(TEXT, message), begins
        self._speakers: list[End] = []
        self._ends: dict[int, tuple[End, deque[float]]] = {}
        # Changed while it runs.
        self.latencies: list[float] = []
        self.echo = False
        self._in_flight = 0

    def add(self, listeners: list[End], speakers: list[End]) -> None:
        """Take pairs in; the second of each is who speaks first."""
        self._speakers = speakers
        for pair in zip(listeners, speakers, strict=True):
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

    def closed_loop(self, watched: Watched, seconds: float) -> Sample:
        """One message in flight per pair, for so long, and until nothing is under way."""
        self.echo = True
        for speaker in self._speakers:
            self._send(speaker, time.perf_counter())
        self.pump(seconds * WARM_UP)
        self.latencies.clear()
        gauge = Gauge(watched)
        self.pump(seconds)
        sample = gauge.read(len(self.latencies), self.latencies)
        self.echo = False
        self._settle()
        return sample

    def open_loop(self, watched: Watched, seconds: float, rate: int) -> Sample:
        """Send on schedule, one speaker after the other. Latency counts from the scheduled moment."""
        self.latencies.clear()
        gauge = Gauge(watched)
        began = time.perf_counter()
        for number in range(max(1, int(rate * seconds))):
            due = began + number / rate
            while (left := due - time.perf_counter()) > 0:
                self._receive(left)
            self._send(self._speakers[number % len(self._speakers)], due)
        self._settle()
        return gauge.read(len(self.latencies), self.latencies)

    def pump(self, seconds: float) -> None:
        """Receive for so long; with `echo`, whoever receives sends the next."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._receive(left)

    def _settle(self) -> None:
        """Receive until nothing is under way; TimeoutError when a message was lost."""
        until = time.perf_counter() + LAST_ARRIVAL
        while self._in_flight:
            if time.perf_counter() > until:
                raise TimeoutError(f"{self._in_flight} messages were lost")
            self._receive(0.1)

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
            # A server's own words (a peer has joined) are not what is measured.
            if opcode == TEXT and payload.startswith(self._begins):
                now = time.perf_counter()
                self.latencies.append(now - sent.popleft())
                self._in_flight -= 1
                if self.echo:
                    self._send(end, now)
