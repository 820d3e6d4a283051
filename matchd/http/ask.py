"""One request, as the edge that carries it has read it, and what is read from it on all routes."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from matchd.chance import drawn
from matchd.domain.addresses import caller as caller_address
from matchd.errors import InvalidRequest, UnsupportedMediaType
from matchd.protocol.bodies import decode
from matchd.protocol.refusal import tidy_request_id
from matchd.services.settings import Settings

_T = TypeVar("_T")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
JSON = "application/json"
FORWARDED = b"x-forwarded-for"


_NAMES = drawn(16, secrets.token_hex)


class Ask:
    """A request. `path` is decoded and has no slash at its end, `query` is as it came.

    `headers` have lower-case names; of several of one name it is the first, but those of
    X-Forwarded-For are joined. `peer` is the network address at the other end of the socket. `body`
    and `named`, what the open part of the route's pattern stands for, are there when its handler is.
    """

    __slots__ = (
        *("body", "headers", "method", "named", "path", "peer", "query"),
        *("request_id", "started"),
    )

    def __init__(
        self, method: str, path: str, query: str, headers: Mapping[bytes, bytes], peer: str
    ) -> None:
        """Stamp its time, and the caller's X-Request-Id if that is usable, else a new one."""
        self.started = time.perf_counter()
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.peer = peer
        self.body = b""
        self.named = ""
        given = headers.get(b"x-request-id")
        told = None if given is None else tidy_request_id(given.decode("latin-1"))
        self.request_id = told or next(_NAMES)

    def get(self, name: bytes) -> str | None:
        """The value of a header, given its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def address(self, settings: Settings) -> str:
        """The caller's network address, behind trusted proxies."""
        return caller_address(self.peer, self.get(FORWARDED) or None, settings.trusted)

    def bearer(self) -> str | None:
        """The presented credential: `Bearer <t>`, or a bare `<t>` (wire.md 1.2)."""
        header = (self.get(b"authorization") or "").strip()
        if not header:
            return None
        scheme, _, rest = header.partition(" ")
        return rest.strip() or None if scheme.lower() == "bearer" else header

    def token_or_grant(self) -> tuple[str | None, str | None]:
        """The credential as a player's token, or as a booking's grant (tokens have two dots)."""
        credential = self.bearer()
        if credential is not None and credential.count(".") == 2:
            return credential, None
        return None, credential

    def seconds(self, name: str, most: float) -> float:
        """A query parameter in seconds, 0 when absent."""
        text = self._parameter(name)
        if text is None:
            return 0.0
        if _DECIMAL.fullmatch(text) is None or float(text) > most:
            raise InvalidRequest(f"`{name}` must be 0 to {most:g} seconds.")
        return float(text)

    def decoded(self, kind: type[_T], *, optional: bool = False) -> _T:
        """The decoded JSON body; with `optional` an absent one counts as `{}`."""
        if optional and not self.body.strip():
            return decode(b"{}", kind)
        if media_type(self.get(b"content-type")) != JSON:
            raise UnsupportedMediaType
        return decode(self.body, kind)

    def _parameter(self, name: str) -> str | None:
        if not self.query:
            return None
        pairs = parse_qsl(self.query, keep_blank_values=True)
        return next((value for found, value in pairs if found == name), None)


def media_type(content_type: str | None) -> str:
    """A Content-Type without its parameters, lower-case."""
    return (content_type or "").partition(";")[0].strip().lower()
