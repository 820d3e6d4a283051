"""Requests as a fuzzer makes them: of the grammar, bent; cut anywhere; behind one another."""

from __future__ import annotations

import random

from tests.express.asks import HOT

METHODS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "HEAD",
    "PRI",
    "get",
    "CONNECT",
    "BREW",
)
TARGETS = (
    *(
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/match/find",
        "/api/host/heartbeat",
        "/client.js",
    ),
    *("/api/host/status", "/api/match/AAAAAAAAAAAAAAAAAAAAAA", "/api/ice", "/lobbies", "/friends"),
    *("/auth/login", "/auth/createuser", "/auth/me", "/chat/history/x", "/report", "/game/join/"),
    *(
        "/matchbox/r?next=2",
        "/events",
        "/ws/game/x",
        "/chat/connect",
        "/lobby/x",
        "/api/admin/hosts",
    ),
    *("*", "//", "/%00", "/%2e%2e/", "http://x/healthz", "http://x", "?", "/\xc3\xa9", "/a b", ""),
    *("/healthz?" + "q" * 9000, "/" + "a" * 20000, "/x#f", "/api//match//find", "/API/MATCH/FIND"),
)
HEADERS = (
    *("Host: x", "Host: x", "Host: x", "Host: ", "Host: a\r\nHost: b", "host:x:80", "Host: é"),
    *("Content-Length: 0", "Content-Length: 5", "Content-Length: 5, 5", "Content-Length: -1"),
    *(
        "Content-Length: 99999999999999999999",
        "Content-Length: +5",
        "Content-Length:",
        "Content-Length: 0x5",
    ),
    *(
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, chunked",
    ),
    *(
        "Content-Type: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: \x01",
    ),
    *(
        "Connection: close",
        "Connection: keep-alive, Upgrade",
        "Connection: Upgrade",
        "Upgrade: websocket",
    ),
    *(
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
        "Expect: 100-continue",
        "Expect: 200-ok",
    ),
    *(
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    *(
        "Sec-WebSocket-Key: x",
        "Sec-WebSocket-Protocol: a, b",
        "Sec-WebSocket-Extensions: permessage-deflate",
    ),
    *(
        "Authorization: Bearer the-host-secret-in-force",
        "Authorization: Bearer a.b.c",
        "Authorization: \xff",
    ),
    *(
        "X-Request-Id: abc",
        "X-Request-Id: a b\tc",
        "Origin: https://x",
        "Origin: null",
        "Cookie: a=b",
    ),
    *("X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: ::1, x, 999.1.1.1", "X-Forwarded-For: ,,,"),
    *(
        "Idempotency-Key: k",
        "Accept: */*",
        "Range: bytes=0-",
        "If-None-Match: *",
        "Accept-Encoding: gzip",
    ),
    *("X: " + "y" * 17000, " folded: x", "no colon", "name : x", "a\0b: x", ": x", "X-\x7f: x"),
)
BODIES = (
    *(
        b"",
        b"{}",
        b'{"hostId":"pc","roomId":"r"}',
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"a":' * 500,
        b"5\r\nhello\r\n0\r\n\r\n",
    ),
    *(
        b"0\r\n\r\n",
        b'5;x=y\r\n{"a":\r\n1\r\n1\r\n0\r\nTrailer: x\r\n\r\n',
        b"ffffffffffffffff\r\n",
        b"-1\r\n",
        b"1\r\nab",
    ),
    *(
        b"username=a&password=b",
        b'{"username":"' + b"\\ud800" * 20 + b'"}',
        b"x" * 70000,
        b"1" * 400,
    ),
)


def requests(rng: random.Random) -> bytes:
    """One connection's bytes: one request or several, some of them bent."""
    raw = b"".join(_request(rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))
    return bent(raw, rng) if rng.random() < 0.5 else raw


def pieces(raw: bytes, rng: random.Random) -> list[bytes]:
    """The same bytes, cut at places of no meaning."""
    cuts = sorted(rng.randrange(len(raw) + 1) for _ in range(rng.choice((0, 0, 1, 3, 9))))
    return [
        raw[start:end]
        for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)
        if start < end
    ]


def bent(raw: bytes, rng: random.Random) -> bytes:
    """Some bytes lost, doubled, turned or put in."""
    made = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(5):
            case 0:
                del made[at : at + rng.choice((1, 2, 30))]
            case 1:
                made[at:at] = made[at : at + rng.choice((1, 2, 300))]
            case 2 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case 3:
                made[at:at] = rng.choice((b"\r\n", b"\n", b"\0", b":", b" ", b"\r\n\r\n", b"\xff"))
            case _:
                made[at:at] = rng.randbytes(rng.choice((1, 4, 40)))
    return bytes(made)


def _request(rng: random.Random) -> bytes:
    if rng.random() < 0.03:
        return rng.randbytes(rng.randrange(1, 200))
    version = rng.choice(("1.1", "1.1", "1.1", "1.1", "1.0", "0.9", "2.0", "1.10", "x"))
    asked = f"{rng.choice(METHODS[:7])} {rng.choice(TARGETS)}"
    line = f"{rng.choice(HOT) if rng.random() < 0.4 else asked} HTTP/{version}"
    count = rng.choice((0, 1, 3, 8, 120))
    some = [rng.choice(HEADERS) for _ in range(count)]
    body = rng.choice(BODIES) if rng.random() < 0.5 else b""
    fields = ["Host: x", *some] if rng.random() < 0.8 else some
    if body and rng.random() < 0.7:
        fields += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([line, *fields, "", ""]).encode("latin-1", "replace") + body
