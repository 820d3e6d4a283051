"""The head of an HTTP/1.x request: its grammar, its frozen form, and what is forwarded of it.

Pure. At least as strict as h11 0.16, so that the HTTP edge never has to refuse what came through
here (a refusal of its own would not have our body), and stricter where two readers could disagree:
CRLF only, no folding, no control characters, one Host, one Content-Length (RFC 9112, 2.2 and 11.2).

What is forwarded differs from what came in these ways only: an absolute-form target becomes its
origin form (RFC 9112, 3.2.2); `Upgrade` to anything but a WebSocket is dropped, which a server may
do (RFC 9110, 7.8) and must do here, since hypercorn would switch to HTTP/2; `Expect: 100-continue`
is dropped because the listener itself answers it; a chunked body is forwarded with its length.

Used by `scanner`, `http_stream` and `front`.
"""

import re
from dataclasses import dataclass, replace

from matchd.listener.refusal import Refusal
from matchd.protocol.http_grammar import BAD_IN_VALUE, HOST, LENGTH, NAME, REQUEST_LINE
from matchd.protocol.refusal import tidy_request_id

Headers = tuple[tuple[bytes, bytes], ...]

_ABSOLUTE_FORM = re.compile(r"https?://[^/?#]+(.*)", re.IGNORECASE)
_UPGRADE_ONLY = frozenset({b"upgrade", b"http2-settings"})
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"trailer"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request: bytes of its head, number of its headers, bytes of its body."""

    head: int = 16 * 1024
    headers: int = 100
    body: int = 64 * 1024


class RefusedHead(Exception):
    """The bytes that came are no request we serve; `refusal` says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Give the HTTP status, the stable code and a sentence for people."""
        super().__init__(message)
        self.refusal = Refusal(status, code, message)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """One request's head, as it is forwarded.

    `target` is in origin form or `*`; `headers` are (lower-case name, value) in their order; `raw`
    is the head's bytes to forward, blank line included; `length` is the body's in bytes, None when
    it is chunked; `expects_continue` asks for `100 Continue` before the body.
    """

    method: str
    target: str
    version: str
    headers: Headers
    raw: bytes
    length: int | None = 0
    expects_continue: bool = False

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a header, given its lower-case name."""
        for found, value in self.headers:
            if found == name:
                return value
        return None

    def all(self, name: bytes) -> tuple[bytes, ...]:
        """Return every value of a header, given its lower-case name."""
        return tuple([value for found, value in self.headers if found == name])

    def tokens(self, name: bytes) -> list[bytes]:
        """Return the comma-separated members of a header, lower-case, empty ones left out."""
        members = b",".join(self.all(name)).lower().split(b",")
        return [token for member in members if (token := member.strip(b" \t"))]

    @property
    def is_websocket_upgrade(self) -> bool:
        """Whether this asks for a WebSocket (RFC 6455, 4.2.1); HTTP/1.0 cannot."""
        return (
            self.method == "GET"
            and self.version == "1.1"
            and self.tokens(b"upgrade") == [b"websocket"]
            and b"upgrade" in self.tokens(b"connection")
        )

    @property
    def closes(self) -> bool:
        """Whether no request may follow this one; h11 closes after every HTTP/1.0 request."""
        return self.version == "1.0" or b"close" in self.tokens(b"connection")

    def with_body(self, body: bytes) -> bytes:
        """Return the whole request to forward: the head, framed by length, and its body."""
        if self.length is not None:
            return self.raw + body
        kept = tuple(header for header in self.headers if header[0] not in _FRAMING)
        counted = (*kept, (b"content-length", b"%d" % len(body)))
        return replace(self, headers=counted, length=len(body)).rebuilt().raw + body

    def rebuilt(self) -> "RequestHead":
        """Return the same head with `raw` written anew from the other fields."""
        lines = [f"{self.method} {self.target} HTTP/{self.version}".encode("ascii")]
        lines += [b"%b: %b" % header for header in self.headers]
        return replace(self, raw=b"\r\n".join([*lines, b"", b""]))


def parse_head(raw: bytes, limits: Limits) -> RequestHead:
    """Parse one head, blank line included. Raises RefusedHead."""
    first, *lines = raw[:-4].split(b"\r\n")
    method, given_target, version = _request_line(first)
    headers = parse_fields(lines, limits.headers)
    head = RequestHead(method, given_target, version, headers, raw)
    try:
        target = _origin_form(method, given_target)
        _check_host(head)
        framed = replace(head, target=target, length=_body_length(head, limits.body))
    except RefusedHead as refused:
        path = head.target.partition("?")[0]
        refused.refusal = replace(refused.refusal, request_id=_request_id(head), path=path)
        raise
    clean = _sanitised(framed)
    untouched = clean.target == given_target and clean.headers is headers
    return clean if untouched else clean.rebuilt()


def parse_fields(lines: list[bytes], limit: int) -> Headers:
    """Parse header or trailer lines. Raises RefusedHead."""
    if len(lines) > limit:
        raise RefusedHead(431, "headers_too_large", f"More than {limit} headers.")
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t")
        if not colon or not NAME.fullmatch(name) or BAD_IN_VALUE.search(value):
            raise malformed("A header line is malformed.")
        fields.append((name.lower(), value))
    return tuple(fields)


def malformed(message: str) -> RefusedHead:
    """Build the refusal for bytes that are not HTTP/1.x as we read it."""
    return RefusedHead(400, "invalid_request", message)


def _request_line(line: bytes) -> tuple[str, str, str]:
    match = REQUEST_LINE.fullmatch(line)
    if match is None:
        raise malformed("The request line is malformed.")
    method, target, version = (group.decode("ascii") for group in match.groups())
    if version not in {"1.0", "1.1"}:
        raise RefusedHead(505, "http_version", "This server speaks HTTP/1.1.")
    return method, target, version


def _origin_form(method: str, target: str) -> str:
    if method != "CONNECT":
        if target.startswith("/") or (target == "*" and method == "OPTIONS"):
            return target
        if match := _ABSOLUTE_FORM.fullmatch(target):
            rest = match[1]
            return rest if rest.startswith("/") else "/" + rest
    raise malformed("The request target must be a path.")


def _check_host(head: RequestHead) -> None:
    hosts = head.all(b"host")
    if len(hosts) != 1 and (hosts or head.version == "1.1"):
        raise malformed("A request needs exactly one Host header.")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise malformed("The Host header is malformed.")


def _body_length(head: RequestHead, max_body: int) -> int | None:
    """Return the announced length of the body, None when chunked (RFC 9112, 6.3)."""
    codings, lengths = head.all(b"transfer-encoding"), head.all(b"content-length")
    if codings:
        if lengths:
            raise malformed("Content-Length and Transfer-Encoding exclude each other.")
        if len(codings) > 1 or codings[0].lower() != b"chunked" or head.version == "1.0":
            raise malformed("The only Transfer-Encoding understood is chunked, on HTTP/1.1.")
    elif lengths and (len(lengths) > 1 or not LENGTH.fullmatch(lengths[0])):
        raise malformed("Content-Length must be one number.")
    length = None if codings else int(lengths[0]) if lengths else 0
    if length != 0 and head.is_websocket_upgrade:
        raise malformed("A WebSocket upgrade carries no body.")
    if length is not None and length > max_body:
        raise RefusedHead(413, "too_large", f"The body is larger than {max_body} bytes.")
    return length


def _sanitised(head: RequestHead) -> RequestHead:
    """Drop what the HTTP edge must not see; see the module's docstring."""
    if head.is_websocket_upgrade:
        return head
    expects = b"100-continue" in head.tokens(b"expect")
    dropped = _UPGRADE_ONLY | {b"expect"} if expects else _UPGRADE_ONLY
    named = {name for name, _ in head.headers}
    if dropped.isdisjoint(named) and _UPGRADE_ONLY.isdisjoint(head.tokens(b"connection")):
        return head
    # An HTTP/1.0 client does not know 100 Continue: its Expect is void (RFC 9110, 10.1.1).
    continues = expects and head.version == "1.1"
    return replace(_without(head, dropped), expects_continue=continues)


def _without(head: RequestHead, dropped: frozenset[bytes]) -> RequestHead:
    """Drop headers by name, and the tokens of Connection that name the upgrade ones."""
    kept: list[tuple[bytes, bytes]] = []
    for name, value in head.headers:
        if name == b"connection":
            members = [member.strip(b" \t") for member in value.split(b",")]
            others = [m for m in members if m and m.lower() not in _UPGRADE_ONLY]
            if others:
                kept.append((name, b", ".join(others)))
        elif name not in dropped:
            kept.append((name, value))
    return replace(head, headers=tuple(kept))


def _request_id(head: RequestHead) -> str | None:
    given = head.get(b"x-request-id")
    return None if given is None else tidy_request_id(given.decode("latin-1"))
