"""WebSockets as a client needs them here: opening, masked text frames, reading frames (RFC 6455)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

TEXT, PING, PONG = 0x1, 0x9, 0xA
BATCH = 64
"""Handshakes under way at a time."""

_MASK = b"\x5a\xc3\x17\x88"
_KEY = b"AAECAwQFBgcICQoLDA0ODw=="


class End:
    """One open socket and the bytes that have come in on it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.inbox = b""

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Take what has come: (opcode, payload) of each whole frame. EOFError at the end."""
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server closed a socket")
        self.inbox += data
        return self.waiting()

    def waiting(self) -> Iterator[tuple[int, bytes]]:
        """The frames that came together with the answer to the handshake, or with others."""
        while (parsed := _parse(self.inbox)) is not None:
            opcode, payload, size = parsed
            self.inbox = self.inbox[size:]
            if opcode == PING:
                self.socket.send(masked(PONG, payload))
            yield opcode, payload


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame. The mask is always the same: unmasking costs the server the same."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    mask = (_MASK * (size // 4 + 1))[:size]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return bytes([0x80 | opcode]) + length + _MASK + hidden.to_bytes(size, "big")


def open_all(port: int, paths: list[bytes]) -> list[End]:
    """Open a socket for each path, in order, some at a time."""
    ends: list[End] = []
    for start in range(0, len(paths), BATCH):
        begun = [_begin(port, path) for path in paths[start : start + BATCH]]
        ends += [_finish(sock) for sock in begun]
    return ends


def _begin(port: int, path: bytes) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = (
        b"GET %b HTTP/1.1" % path,
        b"Host: 127.0.0.1",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: " + _KEY,
    )
    sock.sendall(b"\r\n".join((*lines, b"", b"")))
    return sock


def _finish(sock: socket.socket) -> End:
    end = End(sock)
    while b"\r\n\r\n" not in end.inbox:
        data = sock.recv(65536)
        end.inbox += data
        if not data or not b"HTTP/1.1 101".startswith(end.inbox[:12]):
            raise ConnectionError(f"no WebSocket: {end.inbox!r}")
    end.inbox = end.inbox.partition(b"\r\n\r\n")[2]
    sock.setblocking(False)
    return end


def _parse(data: bytes) -> tuple[int, bytes, int] | None:
    """Opcode, payload and size of the first frame, if it is whole; servers do not mask."""
    if len(data) < 2:
        return None
    size, begin = data[1], 2
    if size == 126:
        size, begin = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, begin = int.from_bytes(data[2:10], "big"), 10
    if len(data) < begin + size:
        return None
    return data[0] & 0x0F, data[begin : begin + size], begin + size
