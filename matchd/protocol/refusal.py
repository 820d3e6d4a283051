"""The bytes of an HTTP refusal that is written by hand, outside any framework.

Owns one pure function. Used where a request is refused before (or instead of) an edge: a malformed
head, a full house, a WebSocket upgrade that is denied. The body is the one of wire.md 1.1; the
answer always closes its connection, since what follows a refused head cannot be trusted.
May be imported by the listener and both edges. No I/O, no clock.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_LINE_BREAK = re.compile(r"[\r\n\0]")


def tidy_request_id(given: str | None) -> str | None:
    """The caller's X-Request-Id if it is fit to be echoed and logged."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else None


def dialect_fields(path: str, message: str) -> dict[str, object]:
    """What the protocols as given add to an error of their routes (wire.md 1.1, 2)."""
    if path.startswith("/api/host/"):
        return {"success": False}
    if path.rstrip("/") == "/api/match/find":
        return {"found": False, "message": message}
    return {}


def http_refusal(
    status: int,
    code: str,
    message: str,
    request_id: str,
    *,
    path: str = "",
    retry_after: int | None = None,
    extra_headers: Iterable[tuple[str, str]] = (),
) -> bytes:
    """Build a whole HTTP/1.1 response: head and JSON body `{error, code, requestId, retryAfter?}`.

    `path` is the route's, if it is known: some add fields of their own. `retry_after` is in seconds
    and also becomes the `Retry-After` header (RFC 9110, 10.2.3).
    Raises ValueError for a status without a name, or for a header that would break its line.
    """
    body: dict[str, object] = {"error": message, "code": code, "requestId": request_id}
    body |= dialect_fields(path, message)
    headers = [
        ("Content-Type", "application/json"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
        ("X-Request-Id", request_id),
        ("Connection", "close"),
    ]
    if retry_after is not None:
        body["retryAfter"] = retry_after
        headers.append(("Retry-After", str(retry_after)))
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers += [*extra_headers, ("Content-Length", str(len(payload)))]
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    for line in lines:
        if _LINE_BREAK.search(line):
            raise ValueError("a header of a refusal must not contain a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + payload
