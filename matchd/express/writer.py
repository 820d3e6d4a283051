"""Writes answers as the HTTP edge does, byte for byte; what many have in common is made once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate

from matchd.http import cors
from matchd.http.answer import Answer
from matchd.http.ask import Ask
from matchd.http.desk import SECURITY
from matchd.http.route import Route
from matchd.services.settings import Current


class Writer:
    """Writes whole responses."""

    def __init__(self, current: Current) -> None:
        # fixed after construction
        self._current = current
        # changed only in sync functions
        self._starts: dict[tuple[int, str], bytes] = {}
        self._made_for: tuple[object, ...] = ()
        self._ends: dict[tuple[str, bytes | None, bool], bytes] = {}

    def write(self, ask: Ask, route: Route, answer: Answer, *, closes: bool) -> bytes:
        """The response to a request, which `closes` when its caller asked for that."""
        status, body, kind, headers, _ = answer
        start = self._starts.get((status, kind)) or self._start(status, kind)
        end = self._end(ask, route, closes)
        name = ask.request_id.encode("ascii")
        if not headers:
            return b"%b%d\r\nx-request-id: %b\r\n%b%b" % (start, len(body), name, end, body)
        own = _lines(headers)
        return b"%b%d\r\n%bx-request-id: %b\r\n%b%b" % (start, len(body), own, name, end, body)

    def _start(self, status: int, kind: str) -> bytes:
        start = f"HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: ".encode("latin-1")
        self._starts[status, kind] = start
        return start

    def _end(self, ask: Ask, route: Route, closes: bool) -> bytes:
        """The headers behind those of this answer alone: one for all of this second."""
        current = self._current
        now = int(time.time()), current.settings, current.draining
        if now != self._made_for:
            self._made_for = now
            self._ends.clear()
        key = route.pattern, ask.headers.get(b"origin"), closes
        end = self._ends.get(key)
        if end is None:
            end = self._made_end(ask, closes)
            if len(self._ends) < _MOST:
                self._ends[key] = end
        return end

    def _made_end(self, ask: Ask, closes: bool) -> bytes:
        allowed = cors.origins(ask.path, self._current.settings)
        headers = [*SECURITY.items(), *cors.headers(allowed, ask.get(b"origin"), ask.method)]
        if self._current.draining and not closes:
            headers.append(("Connection", "close"))
        headers.append(("Date", formatdate(int(time.time()), usegmt=True)))
        # The HTTP edge writes this one header in its own way, since it is not the application's.
        last = b"Connection: close\r\n\r\n" if closes else b"\r\n"
        return _lines(headers) + last


_MOST = 1000
"""Ends that are kept: who asks from ever new origins fills no memory."""


def _lines(headers: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name.lower()}: {value}\r\n" for name, value in headers).encode("latin-1")
