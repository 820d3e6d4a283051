"""The bytes of a refusal."""

import json

import pytest

from matchd.protocol.refusal import http_refusal


def test_whole_answer() -> None:
    """A refusal is a complete response with the common error body, and closes."""
    answer = http_refusal(403, "forbidden", "Größe.", "r-1")
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode("ascii").split("\r\n")
    assert status == "HTTP/1.1 403 Forbidden"
    assert json.loads(body) == {"error": "Größe.", "code": "forbidden", "requestId": "r-1"}
    assert {
        "Content-Type: application/json",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "X-Request-Id: r-1",
        "Connection: close",
        f"Content-Length: {len(body)}",
    } == set(headers)


def test_routes_as_given() -> None:
    """A refusal of a route as given speaks its dialect, also when no edge was asked."""
    found, beaten = (
        json.loads(http_refusal(413, "too_large", "m", "r", path=path).partition(b"\r\n\r\n")[2])
        for path in ("/api/match/find/", "/api/host/heartbeat")
    )
    assert (found["found"], found["message"]) == (False, "m")
    assert beaten["success"] is False


def test_retry_after() -> None:
    """Where waiting helps, header and body say how many seconds."""
    head, _, body = http_refusal(503, "c", "m", "r", retry_after=7).partition(b"\r\n\r\n")
    assert b"\r\nRetry-After: 7\r\n" in head
    assert json.loads(body)["retryAfter"] == 7


def test_extra_headers() -> None:
    """Further headers may be added, as long as each stays on its line."""
    assert b"\r\nA: b\r\n" in http_refusal(400, "c", "m", "r", extra_headers=[("A", "b")])
    for name, value in (("A", "b\r\nSet-Cookie: x"), ("A\n", "b")):
        with pytest.raises(ValueError, match="line break"):
            http_refusal(400, "c", "m", "r", extra_headers=[(name, value)])
    with pytest.raises(ValueError, match="line break"):
        http_refusal(400, "c", "m", "r\r\n")
