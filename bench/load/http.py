"""Keep-alive HTTP/1.1 connections in a closed loop, each following a script."""

from __future__ import annotations

import itertools
import re
import select
import socket
import time
from collections.abc import Generator, Sequence

LAST_ANSWER = 10.0
"""Seconds without any answer until the requests under way count as lost."""

Script = Generator[bytes, bytes, None]
"""Yields requests, is sent the body of each answer."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Refused(Exception):
    """A server answered otherwise than 200, so what follows would measure something else."""


def run_through(ports: Sequence[int], scripts: list[Script]) -> list[float]:
    """Each script to its end, on a connection of its own; the latencies in seconds."""
    loop = _Loop(ports, scripts)
    loop.run_out()
    return loop.latencies


def get(path: bytes, *headers: bytes) -> bytes:
    """A request without a body."""
    return b"\r\n".join((b"GET %b HTTP/1.1" % path, b"Host: 127.0.0.1", *headers, b"", b""))


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    """A request with a body of JSON."""
    lines = (
        b"POST %b HTTP/1.1" % path,
        b"Host: 127.0.0.1",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        *headers,
    )
    return b"\r\n".join((*lines, b"", body))


class _Visitor:
    """One connection and its script; the first request is sent at once."""

    def __init__(self, port: int, script: Script) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._script = script
        self._inbox = b""
        self._send(next(script))

    def receive(self) -> float | None:
        """Take what has come; once the answer is whole its latency in seconds, and go on.

        StopIteration when the script is at its end.
        """
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server closed a connection")
        self._inbox += data
        head, end, body = self._inbox.partition(b"\r\n\r\n")
        if not end:
            return None
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise Refused(self._inbox.decode(errors="replace"))
        if len(body) < int(length[1]):
            return None
        latency = time.perf_counter() - self._sent_at
        self._inbox = b""
        self._send(self._script.send(body))
        return latency

    def _send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter()
        if self.socket.send(request) != len(request):
            raise BlockingIOError("a request did not fit the socket's buffer")


class _Loop:
    def __init__(self, ports: Sequence[int], scripts: list[Script]) -> None:
        self.latencies: list[float] = []
        self._poll = select.epoll()
        self._visitors: dict[int, _Visitor] = {}
        for script, port in zip(scripts, itertools.cycle(ports), strict=False):
            visitor = _Visitor(port, script)
            self._visitors[visitor.socket.fileno()] = visitor
            self._poll.register(visitor.socket, select.EPOLLIN)

    def run_out(self) -> None:
        """Turn until every script is at its end; TimeoutError when an answer does not come."""
        while self._visitors:
            if not self._turn(LAST_ANSWER):
                raise TimeoutError(f"{len(self._visitors)} requests were not answered")
        self._poll.close()

    def _turn(self, timeout: float) -> int:
        """Serve whoever has an answer; how many these were."""
        events = self._poll.poll(timeout)
        for number, _events in events:
            visitor = self._visitors[number]
            try:
                latency = visitor.receive()
            except StopIteration:
                del self._visitors[number]
                visitor.socket.close()
            else:
                if latency is not None:
                    self.latencies.append(latency)
        return len(events)
