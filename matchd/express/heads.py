"""Reads a request's head, if it is plain; what is odd is for a reader that refuses with words.

Owns `HeadReader`. Pure. httptools parses; checked besides is what it lets pass: line ends and control
characters, the number of headers, Host, the length of the body, headers that come twice, and all that
changes how a request is framed or answered. One reader serves the whole process: it is fed one whole
message at a time, with zeros for its body, which nobody reads here.
"""

from __future__ import annotations

import httptools
import msgspec

from matchd.protocol.bodies import MAX_BODY
from matchd.protocol.http_grammar import HOST, LENGTH, REQUEST_LINE

MAX_HEAD = 8192
MAX_HEADERS = 64

_ODD = frozenset(
    {
        *(b"transfer-encoding", b"trailer", b"te", b"expect"),
        *(b"upgrade", b"http2-settings", b"proxy-connection"),
    }
)
_PLAIN = b"\t" + bytes(byte for byte in range(0x20, 0x100) if byte != 0x7F)
_ENDS = tuple(b"\r\n" * (count + 2) for count in range(MAX_HEADERS + 1))
_ZEROS = memoryview(bytes(MAX_BODY))


class Head(msgspec.Struct, frozen=True, gc=False):
    """A plain head: `path` has no slash at its end, `length` is the body's, after which `closes` asks
    for the end of the connection.
    """

    method: str
    path: str
    query: str
    headers: dict[bytes, bytes]
    length: int
    closes: bool


class HeadReader:
    """The parser, and what it has found in the head it is fed."""

    def __init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._count = 0
        self._parser = httptools.HttpRequestParser(self)

    def read(self, raw: bytes) -> Head | None:
        """Read one head, blank line included; None when it is odd."""
        self._headers, self._count = {}, 0
        head = None
        try:
            self._parser.feed_data(raw)
            head = self._checked(raw)
            if head is not None and head.length:
                self._parser.feed_data(_ZEROS[: head.length])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            head = None
        if head is None or head.closes:
            self._parser = httptools.HttpRequestParser(self)
        return head

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header from the parser."""
        self._count += 1
        self._headers[name.lower()] = value.rstrip(b" \t")

    def _checked(self, raw: bytes) -> Head | None:
        headers, count = self._headers, self._count
        if len(headers) != count or count > MAX_HEADERS or not _ODD.isdisjoint(headers):
            return None
        if raw.translate(None, _PLAIN) != _ENDS[count]:
            return None
        line = REQUEST_LINE.fullmatch(raw, 0, raw.index(b"\r"))
        host = headers.get(b"host")
        if line is None or line[3] != b"1.1" or host is None or HOST.fullmatch(host) is None:
            return None
        connection = headers.get(b"connection", b"keep-alive").lower()
        length = _length(headers.get(b"content-length"))
        if length is None or connection not in (b"keep-alive", b"close"):
            return None
        path, _, query = line[2].decode("ascii").partition("?")
        if not path.startswith("/"):
            return None
        method, closes = line[1].decode("ascii"), connection == b"close"
        return Head(method, path.rstrip("/"), query, headers, length, closes)


def _length(given: bytes | None) -> int | None:
    """The length of the body; None when it is odd, or too large."""
    if given is None:
        return 0
    if LENGTH.fullmatch(given) is None or int(given) > MAX_BODY:
        return None
    return int(given)
