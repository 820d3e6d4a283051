"""The grammar of request heads, and what is forwarded of them."""

import pytest

from matchd.listener.heads import Limits, RefusedHead, RequestHead, parse_head

_LIMITS = Limits(head=2000, headers=5, body=100)


def parse(*lines: str) -> RequestHead:
    """Parse a head given line by line."""
    return parse_head("\r\n".join([*lines, "", ""]).encode("latin-1"), _LIMITS)


def test_head() -> None:
    """Names come in lower case, values without the space around them, both in order."""
    head = parse("POST /a?b HTTP/1.1", "Host:x", "X-A: \t1 2 ", "X-A:3")
    assert (head.method, head.target, head.version) == ("POST", "/a?b", "1.1")
    assert head.headers == ((b"host", b"x"), (b"x-a", b"1 2"), (b"x-a", b"3"))
    assert (head.get(b"x-a"), head.all(b"x-a"), head.get(b"x")) == (b"1 2", (b"1 2", b"3"), None)


def test_untouched_heads_are_forwarded_as_they_came() -> None:
    """A head that needs no change is forwarded byte for byte."""
    raw = b"POST / HTTP/1.1\r\nHOST:x\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n"
    assert raw == parse_head(raw, _LIMITS).raw


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        (" GET / HTTP/1.1", 400),
        ("GET /", 400),
        ("GET /\x7f HTTP/1.1", 400),
        ("GET /ü HTTP/1.1", 400),
        ("G(T / HTTP/1.1", 400),
        ("GET / http/1.1", 400),
        ("GET x HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET ?a HTTP/1.1", 400),
        ("CONNECT x:1 HTTP/1.1", 400),
        ("CONNECT / HTTP/1.1", 400),
        ("GET / HTTP/1.2", 505),
        ("GET / HTTP/0.9", 505),
        ("PRI * HTTP/2.0", 505),
        ("GET / HTTP/3", 505),
    ],
)
def test_bad_request_line(line: str, status: int) -> None:
    """A request line outside the grammar is refused, another version by its own status."""
    with pytest.raises(RefusedHead) as refused:
        parse(line, "Host: x")
    assert status == refused.value.refusal.status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 400),
        (["Host: a", "Host: a"], 400),
        (["Host: a/b"], 400),
        (["Host: a", "X : 1"], 400),
        (["Host: a", " folded"], 400),
        (["Host: a", "X: a\x01"], 400),
        (["Host: a", "X: a\rY: b"], 400),
        (["Host: a", "X"], 400),
        (["Host: a", ": x"], 400),
        (["Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["Host: a", "Content-Length: 1", "Content-Length: 1"], 400),
        (["Host: a", "Content-Length: 1, 1"], 400),
        (["Host: a", "Content-Length: +1"], 400),
        (["Host: a", "Content-Length:"], 400),
        (["Host: a", "Content-Length: 101"], 413),
        (["Host: a", "Transfer-Encoding: gzip"], 400),
        (["Host: a", "Transfer-Encoding: chunked, chunked"], 400),
        (["Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
        (["Host: a", *["X: y"] * 5], 431),
    ],
)
def test_bad_headers(headers: list[str], status: int) -> None:
    """Headers that two readers could read differently, or that are too many, are refused."""
    with pytest.raises(RefusedHead) as refused:
        parse("POST / HTTP/1.1", *headers)
    assert status == refused.value.refusal.status


def test_http_1_0() -> None:
    """HTTP/1.0 needs no Host, knows no chunks, and closes."""
    assert parse("GET / HTTP/1.0").closes
    with pytest.raises(RefusedHead):
        parse("POST / HTTP/1.0", "Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    ("given", "target"),
    [("http://h/a?b", "/a?b"), ("HTTPS://h:1", "/"), ("http://h?a", "/?a"), ("//a", "//a")],
)
def test_absolute_form(given: str, target: str) -> None:
    """A target in absolute form is forwarded in origin form."""
    head = parse(f"GET {given} HTTP/1.1", "Host: h")
    assert target == head.target
    assert head.raw.startswith(f"GET {target} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, upgrade"])
def test_websocket_upgrade(connection: str) -> None:
    """An upgrade to WebSocket is recognised whatever its case, and left as it is."""
    lines = ("Host: x", f"Connection: {connection}", "UPGRADE: WebSocket")
    head = parse("GET / HTTP/1.1", *lines)
    assert head.is_websocket_upgrade
    assert b"UPGRADE: WebSocket\r\n" in head.raw


@pytest.mark.parametrize(
    ("line", "upgrade"),
    [
        ("GET / HTTP/1.1", "h2c"),
        ("GET / HTTP/1.1", "websocket, h2c"),
        ("GET / HTTP/1.0", "websocket"),
        ("POST / HTTP/1.1", "websocket"),
    ],
)
def test_other_upgrades_are_dropped(line: str, upgrade: str) -> None:
    """An upgrade to anything else is not forwarded, nor are its traces."""
    lines = (f"Upgrade: {upgrade}", "Connection: upgrade, X, HTTP2-Settings", "HTTP2-Settings: AA")
    head = parse(line, "Host: x", *lines)
    assert head.headers == ((b"host", b"x"), (b"connection", b"X"))
    assert not head.is_websocket_upgrade
    assert b"pgrade" not in head.raw


def test_connection_header_that_becomes_empty() -> None:
    """A Connection header without other members is dropped whole."""
    head = parse("GET / HTTP/1.1", "Host: x", "Connection: Upgrade,")
    assert head.headers == ((b"host", b"x"),)


@pytest.mark.parametrize("framing", ["Content-Length: 1", "Transfer-Encoding: chunked"])
def test_upgrade_with_body(framing: str) -> None:
    """A WebSocket upgrade with a body is refused; one of length 0 is none."""
    lines = ("GET / HTTP/1.1", "Host: x", "Connection: upgrade", "Upgrade: websocket")
    assert parse(*lines, "Content-Length: 0").is_websocket_upgrade
    with pytest.raises(RefusedHead):
        parse(*lines, framing)


def test_expect_continue() -> None:
    """Expect is answered here, not forwarded; HTTP/1.0 does not know it."""
    head = parse("POST / HTTP/1.1", "Host: x", "Expect: 100-Continue", "Content-Length: 1")
    assert head.expects_continue
    assert b"xpect" not in head.raw
    assert not parse("GET / HTTP/1.0", "Expect: 100-continue").expects_continue


def test_chunked_is_forwarded_with_a_length() -> None:
    """A body that came in chunks is forwarded with its length."""
    head = parse("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: Chunked", "Trailer: X")
    assert head.length is None
    whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab"
    assert whole == head.with_body(b"ab")


@pytest.mark.parametrize(("given", "kept"), [("a-1.B", "a-1.B"), ("a b", None), ("a" * 65, None)])
def test_refusals_echo_a_tidy_request_id(given: str, kept: str | None) -> None:
    """A refusal names the request by the client's own id if that is tidy."""
    with pytest.raises(RefusedHead) as refused:
        parse("POST / HTTP/1.1", "Host: x", "Content-Length: 999", f"X-Request-Id: {given}")
    assert kept == refused.value.refusal.request_id
