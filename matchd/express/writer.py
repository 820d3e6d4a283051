"""Writes answers as the HTTP edge does, byte for byte; what many have in common is made once."""

from __future__ import annotations

import time
from email.utils import formatdate

from matchd.http import cors
from matchd.http.answer import Answer
from matchd.http.ask import Ask
from matchd.http.desk import SECURITY
from matchd.http.route import Route
from matchd.services.settings import Current

_SECURITY = b"".join(
    f"{name.lower()}: {value}\r\n".encode("latin-1") for name, value in SECURITY.items()
)
_DRAINS = b"connection: close\r\n"
_CLOSES = b"Connection: close\r\n"


class Writer:
    """Writes whole responses."""

    def __init__(self, current: Current) -> None:
        # fixed after construction
        self._current = current
        # changed only in sync functions
        self._starts: dict[tuple[int, str], bytes] = {}
        self._settings = current.settings
        self._allowed: dict[str, tuple[str, ...]] = {}
        self._said: dict[str, bytes] = {}
        self._second = 0
        self._date = b""

    def write(self, ask: Ask, route: Route, answer: Answer, *, closes: bool) -> bytes:
        """The response to a request, which `closes` when its caller asked for that."""
        start = self._starts.get((answer.status, answer.content_type))
        if start is None:
            start = self._start(answer)
        parts = [start, b"%d\r\n" % len(answer.body)]
        for name, value in answer.headers:
            parts.append(_line(name, value))
        parts += (b"x-request-id: ", ask.request_id.encode("ascii"), b"\r\n", _SECURITY)
        parts.append(self._origins(ask, route))
        if self._current.draining and not closes:
            parts.append(_DRAINS)
        parts.append(self._dated())
        if closes:
            parts.append(_CLOSES)
        parts += (b"\r\n", answer.body)
        return b"".join(parts)

    def _start(self, answer: Answer) -> bytes:
        status, kind = answer.status, answer.content_type
        start = f"HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: ".encode("latin-1")
        self._starts[status, kind] = start
        return start

    def _origins(self, ask: Ask, route: Route) -> bytes:
        """What is said to pages of other origins, which are seldom and to all of them the same."""
        settings = self._current.settings
        if settings is not self._settings:
            self._settings = settings
            self._allowed.clear()
            self._said.clear()
        origin = ask.get(b"origin")
        said = self._said.get(route.pattern)
        if said is not None and (origin is None or "*" in self._allowed[route.pattern]):
            return said
        allowed = self._allowed.setdefault(route.pattern, cors.origins(ask.path, settings))
        lines = b"".join(_line(*each) for each in cors.headers(allowed, origin, ask.method))
        if origin is None or "*" in allowed:
            self._said[route.pattern] = lines
        return lines

    def _dated(self) -> bytes:
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._date = f"date: {formatdate(now, usegmt=True)}\r\n".encode("ascii")
        return self._date


def _line(name: str, value: str) -> bytes:
    return f"{name.lower()}: {value}\r\n".encode("latin-1")
