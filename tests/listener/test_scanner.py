"""The scanner of the inbound stream: framing, limits, and its agreement with h11."""

from dataclasses import dataclass, field

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.listener.heads import Limits, RefusedHead, RequestHead
from matchd.listener.scanner import Body, HeadScanner, MessageEnd

_LIMITS = Limits(head=400, headers=8, body=64)


@dataclass
class Seen:
    """What came out of a stream: requests (method, target, headers, body), and how it ended."""

    requests: list[tuple[str, str, tuple[tuple[bytes, bytes], ...], bytes]] = field(
        default_factory=list
    )
    forwarded: bytes = b""
    end: str = "open"


def scan(pieces: list[bytes], limits: Limits = _LIMITS) -> Seen:
    """Run a scanner over a stream that was cut into pieces."""
    seen, scanner, body, head = Seen(), HeadScanner(limits), b"", None
    try:
        for piece in pieces:
            scanner.feed(piece)
            while (item := scanner.next_item()) is not None:
                match item:
                    case RequestHead():
                        head, body = item, b""
                    case Body():
                        body += item.data
                    case MessageEnd():
                        assert head is not None
                        seen.requests.append((head.method, head.target, head.headers, body))
                        seen.forwarded += head.with_body(body)
    except RefusedHead as refused:
        seen.end = refused.refusal.code
    if head is not None and head.is_websocket_upgrade:
        seen.end = f"upgrade {scanner.take_rest()!r}"
    elif scanner.finished:
        seen.end = "finished"
    return seen


def read_with_h11(
    stream: bytes, count: int
) -> list[tuple[str, str, list[tuple[bytes, bytes]], bytes]]:
    """Read requests as hypercorn would, answering each."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(stream)
    requests: list[tuple[str, str, list[tuple[bytes, bytes]], bytes]] = []
    while len(requests) < count:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            method, target = request.method.decode(), request.target.decode()
            requests.append((method, target, list(request.headers), body))
            if len(requests) < count:
                answer(connection)
        else:
            pytest.fail(f"h11 waits: {event!r}")
    return requests


def answer(connection: h11.Connection) -> None:
    """Answer one request and start over."""
    if connection.they_are_waiting_for_100_continue:
        connection.send(h11.InformationalResponse(status_code=100, headers=[]))
    connection.send(h11.Response(status_code=204, headers=[]))
    connection.send(h11.EndOfMessage())
    connection.start_next_cycle()


_LINES = st.sampled_from(
    [
        b"Host: x",
        b"Host: x:80",
        b"X-A: 1",
        b"x-b:\t\xff y ",
        b"Content-Length: 3",
        b"Content-Length: 0",
        b"Content-Length: 99",
        b"Content-Length: 3, 3",
        b"Transfer-Encoding: chunked",
        b"transfer-encoding: CHUNKED",
        b"Transfer-Encoding: gzip",
        b"Connection: close",
        b"Connection: keep-alive, Upgrade",
        b"Upgrade: websocket",
        b"Upgrade: h2c",
        b"Expect: 100-continue",
        b" folded",
        b"Bad Name: x",
        b"X: \x00",
        b"X: \x0b1",
        b"",
    ]
)
_REQUEST_LINES = st.sampled_from(
    [b"GET / HTTP/1.1", b"POST /a?b HTTP/1.1", b"GET / HTTP/1.0", b"OPTIONS * HTTP/1.1"] * 3
    + [b"GET http://h/p HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"PRI * HTTP/2.0", b"GET  / HTTP/1.1"]
)
_BODIES = st.sampled_from(
    [
        b"",
        b"abc",
        b"3\r\nabc\r\n0\r\n\r\n",
        b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"40\r\n" + b"z" * 64 + b"\r\n1\r\ny\r\n0\r\n\r\n",
        b"0\r\nContent-Length: 1\r\n\r\n",
        b"\r\n",
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request that is more or less well formed."""
    host = [b"Host: x"] if draw(st.integers(0, 9)) else []
    lines = [draw(_REQUEST_LINES), *host, *draw(st.lists(_LINES, max_size=3))]
    end = b"\r\n" if draw(st.integers(0, 19)) else b"\n"
    return end.join([*lines, b"", b""]) + draw(_BODIES)


_STREAMS = st.one_of(st.lists(requests(), min_size=1, max_size=3).map(b"".join), st.binary())


@given(_STREAMS)
@settings(max_examples=400)
def test_h11_accepts_what_is_forwarded(stream: bytes) -> None:
    """h11 reads every forwarded request alike: method, target, headers and body."""
    seen = scan([stream])
    expected = [
        (method, target, [*headers], body) for method, target, headers, body in seen.requests
    ]
    unframed = [
        (method, target, [h for h in headers if h[0] not in _REFRAMED], body)
        for method, target, headers, body in read_with_h11(seen.forwarded, len(expected))
    ]
    for request in expected:
        request[2][:] = [h for h in request[2] if h[0] not in _REFRAMED]
    assert expected == unframed


_REFRAMED = {b"content-length", b"transfer-encoding", b"trailer"}


@given(_STREAMS)
@settings(max_examples=400)
def test_h11_frames_the_original_alike(stream: bytes) -> None:
    """h11 finds the same requests and bodies in the bytes as they came, up to an upgrade."""
    seen = scan([stream])
    if b"pgrade" in stream or stream.startswith(b"\r\n") or b"\r\n\r\n\r\n" in stream:
        return  # h11 waits for the answer to an upgrade, and forgives no empty line
    found = read_with_h11(stream, len(seen.requests))
    assert [request[3] for request in seen.requests] == [request[3] for request in found]
    assert [request[0] for request in seen.requests] == [request[0] for request in found]


@given(_STREAMS, st.data())
@settings(max_examples=300)
def test_cuts_change_nothing(stream: bytes, data: st.DataObject) -> None:
    """However the stream is cut, and byte by byte, the outcome is the same."""
    whole = scan([stream])
    assert whole == scan([stream[i : i + 1] for i in range(len(stream))])
    cut = data.draw(st.integers(0, len(stream)))
    assert whole == scan([stream[:cut], stream[cut:]])


def test_pipeline() -> None:
    """Every head on a connection is seen, whatever the bodies look like."""
    chunked = b"Transfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n0\r\n\r\n"
    stream = (
        b"POST /1 HTTP/1.1\r\nHost: x\r\n"
        + chunked
        + b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET "
        + b"\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    seen = scan([stream])
    assert [(r[1], r[3]) for r in seen.requests] == [("/1", b"GET "), ("/2", b"GET "), ("/3", b"")]
    assert seen.end == "open"


def test_upgrade_keeps_the_rest() -> None:
    """What follows an upgrade is left for the WebSocket edge."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert scan([head + b"\x81\x00"]).end == "upgrade b'\\x81\\x00'"


def test_nothing_after_close() -> None:
    """After a request that closes, whatever comes is dropped."""
    scanner = HeadScanner()
    scanner.feed(b"GET / HTTP/1.0\r\n\r\nGET / HT")
    assert [MessageEnd] == [type(item) for item in (scanner.next_item(), scanner.next_item())][1:]
    scanner.feed(b"TP/1.0\r\n\r\n")
    assert (scanner.next_item(), scanner.finished, scanner.take_rest()) == (None, True, b"")


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"\x16\x03\x01", "invalid_request"),
        (b"GET / HTTP/1.1\n", "invalid_request"),
        (b"GET /" + b"a" * 400, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9 + b"\r\n", "headers_too_large"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http_version"),
        (b"\r\n\r\nGET", "invalid_request"),
    ],
)
def test_refused_heads(stream: bytes, code: str) -> None:
    """What is no request, or too much of one, is refused as soon as that is certain."""
    assert code == scan([stream]).end


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"41\r\n", "too_large"),
        (b"40\r\n" + b"a" * 64 + b"\r\n1\r\n", "too_large"),
        (b"123456789\r\n", "invalid_request"),
        (b"-1\r\n", "invalid_request"),
        (b"1\r\nabc", "invalid_request"),
        (b"1;" + b"a" * 300, "invalid_request"),
        (b"1;a\x00\r\n", "invalid_request"),
        ((b"1;" + b"a" * 150 + b"\r\nx\r\n") * 3, "invalid_request"),
        (b"0\r\nHost: y\r\n\r\n", "invalid_request"),
        (b"0\r\nbad line\r\n\r\n", "invalid_request"),
        (b"0\r\nA: " + b"a" * 4096, "headers_too_large"),
    ],
)
def test_refused_chunks(body: bytes, code: str) -> None:
    """Chunks, extensions and trailers that are malformed or too large are refused."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert code == scan([head + body]).end


def test_limits_are_inclusive() -> None:
    """A head of exactly the limit and a body of exactly the limit pass."""
    start = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 64\r\nX: "
    head = start + b"a" * (400 - len(start) - 4) + b"\r\n\r\n"
    assert (len(scan([head, b"b" * 64]).requests), scan([head, b"b" * 64]).end) == (1, "open")
    longer = head.replace(b"X: ", b"X:  ")
    assert scan([longer]).end == "headers_too_large"


def test_a_refusal_is_final() -> None:
    """After a refusal, the scanner repeats it whatever comes."""
    scanner = HeadScanner()
    scanner.feed(b"\0")
    for _ in range(2):
        with pytest.raises(RefusedHead):
            scanner.next_item()
        scanner.feed(b"GET / HTTP/1.0\r\n\r\n")


def test_one_byte_at_a_time_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that comes byte by byte is searched once, not once per byte."""
    scanner, searched = HeadScanner(), 0

    class Counting(bytearray):
        def find(self, mark: bytes, start: int, end: int) -> int:  # type: ignore[override]
            nonlocal searched
            searched += min(len(self), end) - start
            return super().find(mark, start, end)

    monkeypatch.setattr(scanner, "_buffer", Counting())
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 10_000 + b"\r\n\r\n"
    for byte in head:
        scanner.feed(bytes([byte]))
        item = scanner.next_item()
    assert isinstance(item, RequestHead)
    assert 5 * len(head) > searched
