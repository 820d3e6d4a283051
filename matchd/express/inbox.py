"""What has arrived on one connection and is not answered yet. Pure: bytes go in, requests come out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from matchd.express.heads import MAX_HEAD, Head, HeadReader
from matchd.express.table import Table
from matchd.http.ask import Ask
from matchd.http.route import Route


class Need(Enum):
    """Why there is no request: none has begun, its body is not all here, it is not for the lane."""

    BYTES = auto()
    BODY = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request of a hot route; it `closes` when its caller wants no more than this."""

    route: Route
    ask: Ask
    closes: bool


class Inbox:
    """The bytes, and the head that was read of them while its body is awaited."""

    __slots__ = ("_at", "_body_at", "_buffer", "_found", "_head", "_peer", "_reader", "_table")

    def __init__(self, reader: HeadReader, table: Table, peer: str) -> None:
        """Start empty, for a caller at this network address."""
        self._reader = reader
        self._table = table
        self._peer = peer
        self._buffer = b""
        self._at = self._body_at = 0
        self._head: Head | None = None
        self._found: tuple[Route, str] | None = None

    @property
    def unread(self) -> bytes:
        """What no request was taken from."""
        return self._buffer[self._at :]

    def __len__(self) -> int:
        return len(self._buffer) - self._at

    def feed(self, data: bytes | bytearray) -> None:
        """Take bytes as they came."""
        self._body_at -= self._at
        self._buffer = self._buffer[self._at :] + data if self._buffer else bytes(data)
        self._at = 0

    def take(self) -> Request | Need:
        """Take the first request, or say what is missing. After OTHER nothing is taken any more."""
        head = self._head or self._read_head()
        if head is None:
            return Need.OTHER if self._buffer else Need.BYTES
        end = self._body_at + head.length
        if end > len(self._buffer):
            return Need.BODY
        assert self._found is not None
        route, named = self._found
        method, path = route.method, head.path.decode("ascii")
        ask = Ask(method, path, head.query.decode("ascii"), head.headers, self._peer)
        ask.body = self._buffer[self._body_at : end]
        ask.named = named
        self._head = None
        self._at = end
        if end == len(self._buffer):
            self._buffer, self._at = b"", 0
        return Request(route, ask, head.closes)

    def _read_head(self) -> Head | None:
        """Read the head that is next, if it is whole, plain, and of a hot route."""
        end = self._buffer.find(b"\r\n\r\n", self._at, self._at + MAX_HEAD)
        if end < 0:
            return None
        self._body_at = end + 4
        head = self._reader.read(self._buffer[self._at : self._body_at])
        if head is None:
            return None
        self._found = self._table.find(head.method, head.path)
        if self._found is None:
            return None
        self._head = head
        return head
