"""WebSocket frames as a fuzzer makes them (RFC 6455, 5.2): whole, split, of any code, bent."""

from __future__ import annotations

import random

from tests.fuzz.heads import bent

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bytes | None = b"\1\2\3\4"
) -> bytes:
    """One frame; without a mask it is none that a client may send."""
    first = (fin << 7) | (rsv << 4) | opcode
    bit = 0 if mask is None else 0x80
    size = len(payload)
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 1 << 16:
        head = bytes((first, bit | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, bit | 127)) + size.to_bytes(8, "big")
    if mask is None:
        return head + payload
    repeated = (mask * (size // 4 + 1))[:size]
    turned = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + mask + turned.to_bytes(size, "big")


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def message(payload: bytes, rng: random.Random) -> bytes:
    """A text message, every third time in fragments with control frames between them."""
    if rng.random() < 0.66:
        return frame(TEXT, payload)
    cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.choice((1, 2, 5))))
    parts = [
        payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)
    ]
    made = b""
    for number, part in enumerate(parts):
        made += frame(0 if number else TEXT, part, fin=number == len(parts) - 1)
        if number < len(parts) - 1 and rng.random() < 0.3:
            made += frame(rng.choice((PING, PONG)), rng.randbytes(rng.choice((0, 5, 125))))
    return made


def noise(rng: random.Random) -> bytes:
    """One frame that is legal, or not."""
    payload = rng.choice(
        (b"", b"{}", b"\xff", "é".encode(), b"\xed\xa0\x80", rng.randbytes(200), b"x" * 66_000)
    )
    giant = rng.choice((b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\0" * 8))
    code = rng.choice((1000, 1001, 999, 1005, 1006, 3000, 4999, 65535))
    made = (
        frame(rng.randrange(16), payload, fin=rng.random() < 0.8),
        frame(TEXT, payload, rsv=rng.randrange(8)),
        frame(TEXT, payload, mask=None),
        close(code, payload[:130]),
        bytes((0x81, 0xFF)) + giant + payload,
        frame(rng.choice((PING, PONG)), payload),
        bent(frame(TEXT, payload), rng),
    )
    return rng.choice(made)


def frames_of(raw: bytes) -> list[tuple[int, bytes]]:
    """Code and payload of what a server sent, to the last whole frame; ValueError for a mask, an
    unknown code or a fragment, none of which ours ever sends.
    """
    made = []
    while len(raw) >= 2:
        size, start = raw[1], 2
        if raw[0] not in {0x80 | code for code in (TEXT, BINARY, CLOSE, PING, PONG)} or size > 127:
            raise ValueError(f"no frame of ours: {raw[:10]!r}")
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(raw[2:start], "big")
        if len(raw) < start + size:
            break
        made.append((raw[0] & 0xF, raw[start : start + size]))
        raw = raw[start + size :]
    return made
