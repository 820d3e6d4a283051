"""What the lane reads for itself, held against the listener's own reader, and what clients send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.express.heads import MAX_HEADERS, HeadReader
from matchd.listener.heads import Limits, parse_head
from tests.express.asks import requests
from tests.thorough import TIMES

READER = HeadReader()
"""One for all examples, as in a daemon: none may leave a trace in it."""


@settings(max_examples=300 * TIMES)
@given(requests(), st.integers(0, 400), st.binary(max_size=2))
def test_what_is_read_is_read_alike(whole: bytes, at: int, noise: bytes) -> None:
    """The listener takes every head that the lane takes, unchanged, and reads the same in it."""
    bent = whole[:at] + noise + whole[at + len(noise) :]
    for data in (whole, bent):
        raw = data[: data.find(b"\r\n\r\n") + 4]
        head = READER.read(raw)
        if head is not None:
            seen = parse_head(raw, Limits())
            path, _, query = seen.target.partition("?")
            assert (seen.raw, seen.version, seen.expects_continue) == (raw, "1.1", False)
            assert (seen.method, seen.length, seen.closes, path.rstrip("/"), query) == (
                *(head.method, head.length, head.closes),
                *(head.path, head.query),
            )
            assert dict(seen.headers) == head.headers
            assert not seen.is_websocket_upgrade


CLIENTS = {
    "curl": b"User-Agent: curl/7.88.1\r\nAccept: */*\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n",
    "python": b"User-Agent: python-requests/2.31\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"Accept: */*\r\nConnection: keep-alive\r\nContent-Length: 2\r\n",
    "browser": b'Connection: keep-alive\r\nsec-ch-ua-platform: "Linux"\r\nUser-Agent: Mozilla/5.0 '
    b"(X11; Linux x86_64)\r\nDNT: 1\r\nOrigin: https://a.example\r\nSec-Fetch-Mode: cors\r\n"
    b"Accept-Language: de-DE,de;q=0.9\r\nPriority: u=1, i\r\nContent-Length: 2\r\n",
    "node": b"connection: keep-alive\r\naccept: */*\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n"
    b"content-type: application/json\r\ncontent-length: 2\r\n",
    "nginx": b"X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\nX-Forwarded-Proto: https\r\n"
    b"Connection: close\r\nContent-Length: 2\r\n",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_what_clients_send_is_plain(name: str) -> None:
    """The usual programs are served in the lane."""
    raw = b"POST /game/join/?x=1 HTTP/1.1\r\nHost: play.example.net\r\n" + CLIENTS[name] + b"\r\n"
    head = READER.read(raw)
    assert head is not None
    assert (head.method, head.path, head.query, head.length) == ("POST", "/game/join", "x=1", 2)
    assert head.closes == (name == "nginx")


@pytest.mark.parametrize("count", [MAX_HEADERS, MAX_HEADERS + 1])
def test_how_many_headers_are_plain(count: int) -> None:
    """Sixty-four; the listener takes some more."""
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(count - 1))
    head = READER.read(b"GET / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
    assert (head is not None) == (count == MAX_HEADERS)
