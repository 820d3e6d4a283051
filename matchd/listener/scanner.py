"""Reads the inbound byte stream of an HTTP/1.x connection, request after request.

Pure (no I/O, no clock). Theory of operation: bytes go in with `feed`, items come out of
`next_item` until it returns None for "needs more". A request is `RequestHead`, any number of
`Body`, `MessageEnd`. After a WebSocket upgrade the scanner falls silent and `take_rest` holds what
follows the head; after a request that closes the connection it is `finished` and drops the rest.
A refusal is raised as RefusedHead, and again on every later call.

Every search starts where the last one ended, so a client that sends one byte at a time costs no
more than one that sends all at once; and every search is limited to the part of the buffer that the
limit allows, so how the bytes were cut into pieces never changes the outcome.
Used by `http_stream`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from matchd.listener.heads import (
    Limits,
    RefusedHead,
    RequestHead,
    malformed,
    parse_fields,
    parse_head,
)

_BARE_LF = re.compile(rb"(?<!\r)\n")
# At most eight digits: the limit of the body is checked on the number. No space before the end of
# the line, no control characters in extensions (RFC 9112, 7.1.1): readers disagree about both.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})((?:;[\t\x20-\x7e\x80-\xff]*)?)")
_UPGRADE = b"websocket"
_MAX_CHUNK_LINE = 256
_MAX_TRAILERS = 4096
_NOT_IN_TRAILERS = frozenset({b"content-length", b"transfer-encoding", b"host"})


@dataclass(frozen=True, slots=True)
class Body:
    """A piece of a request's body, never empty, with the chunked framing taken off."""

    data: bytes


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """The request is complete."""


Item = RequestHead | Body | MessageEnd


def whole_upgrade(data: bytes, limits: Limits) -> tuple[RequestHead, bytes] | None:
    """The WebSocket upgrade that `data` begins with, and what comes behind it; None if there is none
    that is whole and in order, which is for the scanner to find.
    """
    end = data.find(b"\r\n\r\n", 0, limits.head) + 4
    raw = data[:end]
    if end < 4 or _UPGRADE not in raw.lower() or _BARE_LF.search(raw):
        return None
    try:
        head = parse_head(raw, limits)
    except RefusedHead:
        return None
    return (head, data[end:]) if head.is_websocket_upgrade else None


class HeadScanner:
    """The sans-io reader of one connection."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start before the first request."""
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._seen = 0  # how much of the buffer the current search has ruled out
        self._state: Callable[[], Item | None] = self._read_head
        self._refused: RefusedHead | None = None
        self._blank_line_skipped = False
        self._head: RequestHead | None = None
        self._left = 0  # of the body or the chunk
        self._body_size = 0
        self._framing_size = 0

    @property
    def pending(self) -> bool:
        """Whether the beginning of a head has arrived but not its end."""
        return self._state == self._read_head and bool(self._buffer)

    @property
    def finished(self) -> bool:
        """Whether no further request may come on this connection."""
        return self._state == self._silent and self._head is None

    def feed(self, data: bytes | bytearray) -> None:
        """Take bytes as they came."""
        if not self.finished:
            self._buffer += data

    def next_item(self) -> Item | None:
        """Return the next item, None if more bytes are needed. Raises RefusedHead."""
        if self._refused is not None:
            raise self._refused
        try:
            return self._state()
        except RefusedHead as refused:
            self._refused = refused
            raise

    def take_rest(self) -> bytes:
        """Take the bytes that follow a WebSocket upgrade's head."""
        return self._cut(len(self._buffer))

    # ---- states; each reads on from the start of the buffer

    def _read_head(self) -> Item | None:
        buffer = self._buffer
        if not self._blank_line_skipped:
            # One empty line before a request is to be ignored (RFC 9112, 2.2).
            if buffer == b"\r":
                return None
            if buffer.startswith(b"\r\n"):
                self._cut(2)
                self._blank_line_skipped = True
        if not buffer:
            return None
        if buffer[0] < 0x21:
            raise malformed("These bytes are not HTTP. (TLS on a port without TLS?)")
        raw = self._until_blank_line(self._limits.head)
        if raw is None:
            return None
        head = parse_head(raw, self._limits)
        self._start_body(head)
        return head

    def _start_body(self, head: RequestHead) -> None:
        self._head = head
        self._blank_line_skipped = False
        self._body_size = self._framing_size = 0
        if head.is_websocket_upgrade:
            self._state = self._silent
        elif head.length is None:
            self._state = self._read_chunk_line
        else:
            self._left = head.length
            self._state = self._read_length

    def _read_length(self) -> Item | None:
        if self._left == 0:
            return self._end_message()
        return self._read_left()

    def _read_chunk_line(self) -> Item | None:
        line = self._until(b"\r\n", _MAX_CHUNK_LINE)
        if line is None:
            if len(self._buffer) >= _MAX_CHUNK_LINE:
                raise malformed("A chunk's size line is too long.")
            return None
        match = _CHUNK_LINE.fullmatch(line[:-2])
        if match is None:
            raise malformed("A chunk's size line is malformed.")
        self._framing_size += len(match[2])
        if self._framing_size > self._limits.head:
            raise malformed("Too many chunk extensions.")
        self._left = int(match[1], 16)
        self._body_size += self._left
        if self._body_size > self._limits.body:
            limit = self._limits.body
            raise RefusedHead(413, "too_large", f"The body is larger than {limit} bytes.")
        self._state = self._read_chunk if self._left else self._read_trailers
        return self._state()

    def _read_chunk(self) -> Item | None:
        if self._left == 0:
            return self._read_chunk_end()
        return self._read_left()

    def _read_chunk_end(self) -> Item | None:
        if not b"\r\n".startswith(self._buffer[:2]):
            raise malformed("A chunk is longer than announced.")
        if len(self._buffer) < 2:
            return None
        self._cut(2)
        self._state = self._read_chunk_line
        return self._state()

    def _read_trailers(self) -> Item | None:
        if self._buffer.startswith(b"\r\n"):
            self._cut(2)
            return self._end_message()
        raw = self._until_blank_line(_MAX_TRAILERS)
        if raw is None:
            return None
        fields = parse_fields(raw[:-4].split(b"\r\n"), self._limits.headers)
        if any(name in _NOT_IN_TRAILERS for name, _ in fields):
            raise malformed("Trailers must not frame or route a request.")
        return self._end_message()

    def _silent(self) -> Item | None:
        return None

    # ---- helpers

    def _end_message(self) -> Item:
        assert self._head is not None
        closes = self._head.closes
        self._head = None
        self._state = self._silent if closes else self._read_head
        if closes:
            self._buffer.clear()
        return MessageEnd()

    def _read_left(self) -> Item | None:
        if not self._buffer:
            return None
        data = self._cut(min(self._left, len(self._buffer)))
        self._left -= len(data)
        return Body(data)

    def _until_blank_line(self, limit: int) -> bytes | None:
        """Cut up to and with the next empty line; None if it is not here yet."""
        start, window = self._seen, min(len(self._buffer), limit)
        raw = self._until(b"\r\n\r\n", limit)
        if raw is not None:
            bare_lf = _BARE_LF.search(raw, start)
        else:
            bare_lf = _BARE_LF.search(self._buffer, start, window)
        if bare_lf is not None:
            raise malformed("Lines must end with CR LF.")
        if raw is None and window == limit:
            raise RefusedHead(431, "headers_too_large", f"The head is larger than {limit} bytes.")
        return raw

    def _until(self, mark: bytes, limit: int) -> bytes | None:
        """Cut up to and with `mark` if it ends within the first `limit` bytes."""
        start = max(0, self._seen - len(mark) + 1)
        found = self._buffer.find(mark, start, limit)
        if found < 0:
            self._seen = min(len(self._buffer), limit)
            return None
        return self._cut(found + len(mark))

    def _cut(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._seen = 0
        return data
