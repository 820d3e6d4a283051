"""WebSocket frames as a server reads and writes them (RFC 6455). Pure: bytes in, events out.

Theory of operation. `FrameReader.feed` takes bytes as they came, `next` gives one event after the
other until it returns None for "needs more". Nearly every message is one whole, masked text frame,
which `next` reads in one go. Whatever else comes goes through `_read_on`: there a frame of data is
used up as far as it is here, so that a message that is too large or no UTF-8 is refused before it has
come whole, and a control frame is waited for. After `Closing` there is nothing more; after a
`Violation` the reader is not to be asked again.

What is refused, and with which code, is what wsproto refuses; a test compares the two. No extension
is ever agreed upon, so every reserved bit is one too many.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import struct
from collections.abc import Callable

import msgspec

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
"""The first byte of a whole, unfragmented frame."""

_FIN, _RESERVED, _OPCODE, _CONTROL, _MASKED = 0x80, 0x70, 0x0F, 0x08, 0x80
_CONTINUED, _SAYS_TEXT = 0x0, 0x1
_OPCODES = frozenset((0x0, 0x1, 0x2, 0x8, 0x9, 0xA))
_IN_TWO_BYTES, _IN_EIGHT_BYTES = 126, 127
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SHORT = struct.Struct("!BB").pack
_MEDIUM = struct.Struct("!BBH").pack
_LONG = struct.Struct("!BBQ").pack
_CLOSE_CODES = frozenset((*range(1000, 1004), *range(1007, 1014)))
_decoder = codecs.getincrementaldecoder("utf-8")

NORMAL, PROTOCOL_ERROR, NOT_UTF8, TOO_LARGE = 1000, 1002, 1007, 1009


class Ping(msgspec.Struct, frozen=True, gc=False):
    """To be answered with the same data."""

    data: bytes


class Pong(msgspec.Struct, frozen=True, gc=False):
    """The answer to a ping, or none."""

    data: bytes


class Closing(msgspec.Struct, frozen=True, gc=False):
    """The peer closes; without a code it gave none."""

    code: int | None
    reason: str


Event = str | bytes | Ping | Pong | Closing
"""A text message, a binary one, or what a control frame says."""


class Violation(Exception):
    """What came is no WebSocket any more; `code` is the one to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FrameReader:
    """What one peer says; a message has at most `most` bytes."""

    __slots__ = ("_at", "_ended", "_frame", "_message", "_most", "unread")

    def __init__(self, most: int) -> None:
        self._ended = False
        self._most = most
        self.unread = b""
        """Bytes that hold the next events, or the beginning of one."""
        self._at = 0
        self._frame: _Frame | None = None
        self._message: _Message | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        if self._ended:
            return
        self.unread = self.unread[self._at :] + data if self.unread else data
        self._at = 0

    def next(self) -> Event | None:
        """The next event, None if that needs more bytes. Raises Violation."""
        data, at = self.unread, self._at
        if len(data) - at < 6:
            return self._read_on()
        if data[at] == TEXT and self._frame is None and self._message is None:
            size, start = data[at + 1] - _MASKED, at + 6
            if size == _IN_TWO_BYTES:
                size = data[at + 2] << 8 | data[at + 3]
                size, start = size if size >= _IN_TWO_BYTES else -1, at + 8
            elif size == _IN_EIGHT_BYTES:
                size = -1
            end = start + size
            if 0 <= size <= self._most and end <= len(data):
                if end == len(data):
                    self.unread, self._at = b"", 0
                else:
                    self._at = end
                return _text(unmask(data[start:end], data[start - 4 : start]))
        return self._read_on()

    def _read_on(self) -> Event | None:
        while True:
            if self._frame is None:
                self._frame = self._read_header()
            frame = self._frame
            if frame is None or (frame.left and not self._can_read(frame)):
                return None
            piece = frame.unmasked(self._cut(frame.left))
            if not frame.left:
                self._frame = None
            event = self._control(frame, piece) if frame.controls else self._data_of(frame, piece)
            if event is not None:
                return event

    def _seen(self, end: int) -> None:
        """Everything up to here is used up; nothing is kept of what is used up wholly."""
        if end == len(self.unread):
            self.unread, self._at = b"", 0
        else:
            self._at = end

    def _can_read(self, frame: _Frame) -> bool:
        here = len(self.unread) - self._at
        return here >= frame.left if frame.controls else here > 0

    def _read_header(self) -> _Frame | None:
        """The next frame's header, None if it is not here yet. Raises Violation."""
        data, at = self.unread, self._at
        if len(data) - at < 2:
            return None
        first, size = data[at], data[at + 1] & ~_MASKED
        controls = bool(first & _CONTROL)
        _check_header(first, data[at + 1])
        start = at + 2 + {_IN_TWO_BYTES: 2, _IN_EIGHT_BYTES: 8}.get(size, 0)
        if len(data) < start + 4:
            return None
        if start > at + 2:
            size = _extended(data[at + 2 : start])
        if not controls:
            self._expect(first & _OPCODE, size)
        mask = data[start : start + 4]
        self._seen(start + 4)
        return _Frame(first, size, mask)

    def _expect(self, opcode: int, size: int) -> None:
        """A frame of data begins: begin a message, or go on with it."""
        if (opcode == _CONTINUED) == (self._message is None):
            raise Violation(PROTOCOL_ERROR, "this frame is not expected here")
        if self._message is None:
            self._message = _Message(is_text=opcode == _SAYS_TEXT)
        self._message.size += size
        if self._message.size > self._most:
            raise Violation(TOO_LARGE, f"messages have at most {self._most} bytes")

    def _data_of(self, frame: _Frame, piece: bytes) -> Event | None:
        assert self._message is not None
        ends = frame.final and not frame.left
        self._message.add(piece, ends=ends)
        if not ends:
            return None
        message, self._message = self._message, None
        return message.whole

    def _control(self, frame: _Frame, data: bytes) -> Event:
        if frame.first != CLOSE:
            return Ping(data) if frame.first == PING else Pong(data)
        self._ended, self.unread, self._at = True, b"", 0
        return _closing(data)

    def _cut(self, size: int) -> bytes:
        piece = self.unread[self._at : self._at + size]
        self._seen(self._at + len(piece))
        return piece


class _Frame:
    """A frame under way: how much of it is still to come, and how that is masked."""

    __slots__ = ("controls", "final", "first", "left", "mask")

    def __init__(self, first: int, size: int, mask: bytes) -> None:
        self.first = first
        self.controls = bool(first & _CONTROL)
        self.final = bool(first & _FIN)
        self.left = size
        self.mask = mask

    def unmasked(self, piece: bytes) -> bytes:
        """The next piece in the clear."""
        self.left -= len(piece)
        clear, turn = unmask(piece, self.mask), len(piece) % 4
        self.mask = self.mask[turn:] + self.mask[:turn]
        return clear


class _Message:
    """A message that comes in pieces."""

    __slots__ = ("_check", "_data", "size")

    def __init__(self, *, is_text: bool) -> None:
        self.size = 0
        self._data = bytearray()
        self._check: Callable[[bytes, bool], str] | None = _decoder().decode if is_text else None

    def add(self, piece: bytes, *, ends: bool) -> None:
        """Take the next piece. Raises Violation if a text is no UTF-8."""
        self._data += piece
        if self._check is not None:
            try:
                self._check(piece, ends)
            except UnicodeDecodeError:
                raise Violation(NOT_UTF8, "text must be UTF-8") from None

    @property
    def whole(self) -> str | bytes:
        """All of it."""
        return bytes(self._data) if self._check is None else self._data.decode()


def unmask(data: bytes, mask: bytes) -> bytes:
    """Take a mask of four bytes off, or put it on: one XOR of two long numbers."""
    size, words = len(data), (len(data) + 3) >> 2
    number = int.from_bytes(data, "little") ^ int.from_bytes(mask * words, "little")
    return number.to_bytes(words << 2, "little")[:size]


def frame(first: int, payload: bytes) -> bytes:
    """A whole frame of ours; `first` is TEXT or one of its kind."""
    size = len(payload)
    if size < _IN_TWO_BYTES:
        return _SHORT(first, size) + payload
    if size <= 0xFFFF:
        return _MEDIUM(first, _IN_TWO_BYTES, size) + payload
    return _LONG(first, _IN_EIGHT_BYTES, size) + payload


def close_frame(code: int | None, reason: str = "") -> bytes:
    """A close frame; a reason that is too long is cut."""
    if code is None:
        return frame(CLOSE, b"")
    said = reason.encode()[:123].decode("utf-8", "ignore").encode()
    return frame(CLOSE, code.to_bytes(2, "big") + said)


def accepted(key: bytes) -> bytes:
    """The answer to an upgrade, given its `Sec-WebSocket-Key`."""
    token = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % token
    )


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Violation(NOT_UTF8, "text must be UTF-8") from None


def _check_header(first: int, second: int) -> None:
    """Refuse what the first two bytes of a frame alone show to be wrong."""
    opcode, size = first & _OPCODE, second & ~_MASKED
    if opcode not in _OPCODES:
        raise Violation(PROTOCOL_ERROR, "unknown opcode")
    if first & _RESERVED:
        raise Violation(PROTOCOL_ERROR, "no extension was agreed upon")
    if not second & _MASKED:
        raise Violation(PROTOCOL_ERROR, "frames of clients are masked")
    if opcode & _CONTROL and (size >= _IN_TWO_BYTES or not first & _FIN):
        raise Violation(PROTOCOL_ERROR, "control frames are short and whole")


def _extended(data: bytes) -> int:
    """A length that needed two or eight bytes, and no fewer."""
    size = int.from_bytes(data, "big")
    if size < _IN_TWO_BYTES or (len(data) == 8 and not 0xFFFF < size < 1 << 63):
        raise Violation(PROTOCOL_ERROR, "the length is not written as it must be")
    return size


def _closing(data: bytes) -> Closing:
    if not data:
        return Closing(None, "")
    code = int.from_bytes(data[:2], "big")
    if len(data) == 1 or not (code in _CLOSE_CODES or 3000 <= code < 5000):
        raise Violation(PROTOCOL_ERROR, "no such close code")
    return Closing(code, _text(data[2:]))
