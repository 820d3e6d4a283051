"""What has arrived on one connection and is not answered yet. Pure: bytes go in, requests come out."""

from __future__ import annotations

from enum import Enum, auto

import msgspec

from matchd.express.heads import MAX_HEAD, Head, HeadReader
from matchd.express.table import Table
from matchd.http.ask import Ask
from matchd.http.route import Route


class Need(Enum):
    """Why there is no request: none has begun, its body is not all here, it is not for the lane."""

    BYTES = auto()
    BODY = auto()
    OTHER = auto()


class Request(msgspec.Struct, frozen=True, gc=False):
    """A whole request of a hot route; it `closes` when its caller wants no more than this."""

    route: Route
    ask: Ask
    closes: bool


class _Known(msgspec.Struct, frozen=True, gc=False):
    """A head of a hot route, and what the open part of the route's pattern stands for in it."""

    raw: bytes
    head: Head
    route: Route
    named: str


class Inbox:
    """The bytes, and the last head that was read of them: most callers say the same again and again."""

    __slots__ = ("_at", "_body_at", "_buffer", "_known", "_peer", "_reader", "_table")

    def __init__(self, reader: HeadReader, table: Table, peer: str) -> None:
        """Start empty, for a caller at this network address."""
        self._reader = reader
        self._table = table
        self._peer = peer
        self._buffer = b""
        self._at = 0
        self._body_at = 0  # behind the head that is read already, else 0
        self._known: _Known | None = None

    @property
    def unread(self) -> bytes:
        """What no request was taken from."""
        return self._buffer[self._at :]

    def __len__(self) -> int:
        return len(self._buffer) - self._at

    def feed(self, data: bytes | bytearray) -> None:
        """Take bytes as they came."""
        if self._body_at:
            self._body_at -= self._at
        self._buffer = self._buffer[self._at :] + data if self._buffer else bytes(data)
        self._at = 0

    def take(self) -> Request | Need:
        """Take the first request, or say what is missing. After OTHER nothing is taken any more."""
        if not self._buffer:
            return Need.BYTES
        if not self._body_at and not self._read_head():
            return Need.OTHER
        known = self._known
        assert known is not None
        head, start = known.head, self._body_at
        end = start + head.length
        if end > len(self._buffer):
            return Need.BODY
        ask = Ask(known.route.method, head.path, head.query, head.headers, self._peer)
        ask.body = self._buffer[start:end]
        ask.named = known.named
        self._at, self._body_at = end, 0
        if end == len(self._buffer):
            self._buffer, self._at = b"", 0
        return Request(known.route, ask, head.closes)

    def _read_head(self) -> bool:
        """Read the head that is next, if it is whole, plain, and of a hot route."""
        end = self._buffer.find(b"\r\n\r\n", self._at, self._at + MAX_HEAD)
        if end < 0:
            return False
        raw = self._buffer[self._at : end + 4]
        if self._known is None or raw != self._known.raw:
            head = self._reader.read(raw)
            found = None if head is None else self._table.find(head.method, head.path)
            if head is None or found is None:
                return False
            self._known = _Known(raw, head, *found)
        self._body_at = end + 4
        return True
