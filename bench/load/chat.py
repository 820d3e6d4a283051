"""Members of one chat room on sockets: what is stored and delivered, and how unread messages come."""

from __future__ import annotations

import base64
import itertools
import json
import select
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.load.gauge import Gauge
from bench.load.jobs import ChatJob, ChatSample, UnreadJob, UnreadSample
from bench.load.sockets import TEXT, End, masked, open_all

SPEAKERS = 8
"""Sockets that speak, each with one message that is not acknowledged yet."""

PATIENCE = 60.0
"""Seconds until what is waited for must have come."""

QUIET = 0.5
"""Seconds without a message after which none is on its way."""

_JSON = {"Content-Type": "application/json"}


def run(job: ChatJob) -> ChatSample:
    """Let some members speak for a while; count what is acknowledged, and what all are sent."""
    tokens = meet(job.port, job.members) if job.accounts else ["nobody"] * job.members
    room = _Room(job.port, tokens)
    room.settle()
    room.speak(SPEAKERS)
    room.receive(job.seconds / 5)
    room.latencies.clear()
    begun, gauge = room.delivered, Gauge(job.watched)
    room.receive(job.seconds)
    stored = gauge.read(len(room.latencies), room.latencies)
    return ChatSample(stored=stored, delivered=room.delivered - begun)


def catch_up(job: UnreadJob) -> UnreadSample:
    """Say so much while a member is away, and measure how it comes when he is back."""
    hers, his = meet(job.port, 2)
    spoken = _Room(job.port, [hers] * SPEAKERS)
    spoken.speak(SPEAKERS)
    spoken.receive_until(lambda: len(spoken.latencies) >= job.messages)
    spoken.close()
    began, gauge = time.perf_counter(), Gauge(job.watched)
    back = _Room(job.port, [his])
    back.receive_until(lambda: back.delivered > 0)
    first = time.perf_counter() - began
    back.receive_until(lambda: back.delivered >= job.messages)
    return UnreadSample(first=first * 1000, caught=gauge.read(back.delivered, []))


def meet(port: int, count: int) -> list[str]:
    """So many accounts in one room; their tokens. They are keys, which cost the server little."""
    line = HTTPConnection("127.0.0.1", port)
    people = [_log_in(line, f"m{number}") for number in range(count)]
    (_, creator), *others = people
    headers = {"Authorization": creator}
    _ask(line, "/chat/create/bench", {}, headers)
    for name, _ in others:
        _ask(line, f"/chat/adduser/bench/{name}", {}, headers)
    line.close()
    return [token for _, token in people]


def _log_in(line: HTTPConnection, name: str) -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    challenge = _ask(line, "/auth/challenge", {}, {})["challenge"]
    body = {
        "public_key_b64": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "username": name,
        "challenge": challenge,
        "signature_b64": base64.b64encode(key.sign(challenge.encode())).decode(),
    }
    answer = _ask(line, "/auth/login", body, {})
    return answer["account"]["name"], answer["token"]


def _ask(line: HTTPConnection, path: str, body: object, headers: dict[str, str]) -> dict[str, Any]:
    line.request("POST", path, json.dumps(body), _JSON | headers)
    answer = line.getresponse()
    said: dict[str, Any] = json.loads(answer.read())
    if answer.status != 200:
        raise ConnectionError(f"{path}: {said}")
    return said


class _Room:
    """The sockets of all members under one epoll."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.latencies: list[float] = []
        self.delivered = 0
        self._numbers = itertools.count(1)
        self._poll = select.epoll()
        self._sent_at: dict[int, float] = {}
        self._ends: dict[int, End] = {}
        for end in open_all(port, [f"/chat/connect?token={token}".encode() for token in tokens]):
            self._ends[end.socket.fileno()] = end
            self._poll.register(end.socket, select.EPOLLIN)
            self._take(end, list(end.waiting()))

    def speak(self, count: int) -> None:
        """Have so many of them speak."""
        for end in list(self._ends.values())[:count]:
            self._say(end)

    def receive(self, seconds: float) -> None:
        """Receive for so long; whoever is acknowledged says the next thing."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._receive(left)

    def settle(self) -> None:
        """Take what is unread already: each member hears of all who were taken in."""
        delivered = -1
        while delivered < self.delivered:
            delivered = self.delivered
            self.receive(QUIET)

    def receive_until(self, done: Callable[[], bool]) -> None:
        """Receive until something is so; TimeoutError when that takes too long."""
        until = time.perf_counter() + PATIENCE
        while not done():
            if time.perf_counter() > until:
                raise TimeoutError("not everything was delivered")
            self._receive(0.1)

    def close(self) -> None:
        """Close every socket."""
        for end in self._ends.values():
            end.socket.close()
        self._poll.close()

    def _receive(self, timeout: float) -> None:
        for number, _events in self._poll.poll(timeout):
            end = self._ends[number]
            self._take(end, list(end.frames()))

    def _take(self, end: End, frames: list[tuple[int, bytes]]) -> None:
        for opcode, payload in frames:
            if opcode == TEXT and payload.startswith(b'{"action":"Message"'):
                self.delivered += 1
            elif opcode == TEXT and payload.startswith(b'{"action":"Ack"'):
                self.latencies.append(time.perf_counter() - self._sent_at[end.socket.fileno()])
                self._say(end)
            elif opcode == TEXT and payload.startswith(b'{"action":"Error"'):
                raise ConnectionError(payload.decode())

    def _say(self, end: End) -> None:
        said = {"room": "bench", "content": "v" * 120, "id": f"{next(self._numbers)}"}
        frame = masked(TEXT, json.dumps({"action": "Message", "data": said}).encode())
        self._sent_at[end.socket.fileno()] = time.perf_counter()
        if end.socket.send(frame) != len(frame):
            raise BlockingIOError("a frame did not fit the socket's buffer")
