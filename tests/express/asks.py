"""Requests as hypothesis makes them: of hot routes and others, well formed and not."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.house import SECRET

HOT = (
    *("POST /api/host/heartbeat", "POST /api/host/status", "POST /api/match/find"),
    *("GET /api/match/AAAAAAAAAAAAAAAAAAAAAA", "POST /api/match/AAAAAAAAAAAAAAAAAAAAAA/release"),
    *("POST /game/join", "GET /healthz", "POST /game/join/", "GET /healthz///"),
    *("GET /api/match/AAAAAAAAAAAAAAAAAAAAAA?wait=1", "GET /api/match/a..b....cd?wait=x&wait=1"),
)
COLD = (
    *("GET /readyz", "GET /nowhere", "OPTIONS /api/match/find", "HEAD /healthz", "PUT /healthz"),
    *("GET /api/match/find", "POST /api/match/find?x=%", "POST /api/match/f%69nd", "GET //healthz"),
    *("GET http://x/healthz", "GET /healthz#x", "BREW /healthz", "GET /api/match/%41BCDEFGH"),
    *("GET *", "GET /api/match/short", "POST /api/ice", "get /healthz", "GET  /healthz", "GET /é"),
)
HEADERS = (
    *("Connection: close", "Connection: keep-alive", "connection: Close", "Connection: a, close"),
    *("Connection: upgrade\r\nUpgrade: websocket", "Upgrade: h2c", "Expect: 100-continue", "TE: x"),
    *("Content-Type: application/json", "content-type: APPLICATION/JSON; a=b", "Content-Type: x"),
    *(
        f"Authorization: Bearer {SECRET}",
        f"authorization: {SECRET} ",
        "Authorization: Bearer a.b.c",
    ),
    *("Authorization: grant", "Authorization:", "Authorization: Bearer", "X-Request-Id: mine"),
    *("X-Request-Id: no good", "Origin: https://a.example", "Origin: null", "Idempotency-Key: k"),
    *("Idempotency-Key: kkkkkkkkkkkkkkkkkkkkkkkk", "X-Forwarded-For: 192.0.2.9", "X: \xe9", "X:\t"),
    *("X-Forwarded-For: 192.0.2.9, 10.0.0.1", "X-Forwarded-For: garbage", "Host: again", "X : y"),
    *(" folded", "X: a\rb", "X: a\x00b", "X: a\nY: b", "noColon", "X: " + "v" * 9000, "Trailer: X"),
)
BODIES = (
    *(
        b"",
        b"{}",
        b" ",
        b"{",
        b"null",
        b'{"region":"eu"}',
        b'{"wait":1}',
        b'{"async":true}',
        b"\xff",
    ),
    *(b'{"w\\u0061it":1}', b'{"hostId":"h1","status":"busy"}', b'{"mode":"duel"}', b'{"wait":-1}'),
    *(b'{"hostId":"h1","roomId":"r1"}', b'{"hostId":"h2","roomId":"r1"}', b"x" * 70_000),
)
FRAMES = (
    "length",
    "length",
    "length",
    "length",
    "none",
    "chunked",
    "short",
    "long",
    "twice",
    "odd",
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request: mostly of a hot route, and mostly a good one."""
    line = draw(st.sampled_from(HOT) if draw(st.integers(0, 5)) else st.sampled_from(COLD))
    version = draw(st.sampled_from(["1.1"] * 12 + ["1.0", "2.0"]))
    host = draw(st.sampled_from(["Host: x"] * 12 + ["Host: a b", "Host: x:80", "X: y"]))
    lines = [f"{line} HTTP/{version}", host, *draw(st.lists(st.sampled_from(HEADERS), max_size=3))]
    body = draw(st.sampled_from(BODIES)) if line.startswith("POST") else b""
    if body.startswith(b'{"host'):
        lines += [f"Authorization: Bearer {SECRET}", "Content-Type: application/json"]
    framing, body = framed(draw(st.sampled_from(FRAMES)), body)
    return "\r\n".join([*lines, *framing, "", ""]).encode("latin-1") + body


def framed(how: str, body: bytes) -> tuple[list[str], bytes]:
    """The headers that frame a body, and what is sent of it."""
    length = f"Content-Length: {len(body)}"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    return {
        "length": ([length] if body else [], body),
        "none": ([], b""),
        "chunked": (["Transfer-Encoding: chunked"], chunked),
        "short": ([length], body[:-1]),
        "long": ([length], body + b"GET"),
        "twice": ([length, length], body),
        "odd": (["Content-Length: +5"], body),
    }[how]
