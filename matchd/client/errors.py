"""What a call can end with, besides its answer.

    ClientError
    ├── Refused       the server says no, and why: `code` as in the README's table
    ├── Unreachable   there was no answer, or none that is matchd's
    └── Closed        a socket is closed for good: `code` as in the README's table

`temporary` says whether the same may succeed later.
"""

from __future__ import annotations

import msgspec

from matchd.errors import MatchdError
from matchd.protocol.news import Close

_TEMPORARY = frozenset({408, 429})
_SERVER_FAULT = 500


class ClientError(MatchdError):
    """The root of what this package raises."""

    temporary = False
    retry_after: float | None = None


class Refused(ClientError):
    """The server's refusal; `retry_after` in seconds, where waiting helps."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def temporary(self) -> bool:  # type: ignore[override]  # fixed for the other classes
        """Whether waiting helps: the server is away, busy, or at fault."""
        return self.status in _TEMPORARY or self.status >= _SERVER_FAULT


class Unreachable(ClientError):
    """Nobody answered in time, or not as matchd does."""

    temporary = True


class Closed(ClientError):
    """The server has closed a socket and does not want it back."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason or f"the socket was closed with {code}")
        self.code = code

    @property
    def over(self) -> bool:
        """Whether what the socket was for has ended."""
        return self.code == Close.GONE


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    error: str
    code: str
    request_id: str | None = None
    retry_after: float | None = None


def refusal(status: int, headers: dict[str, str], body: bytes) -> Refused:
    """The refusal that an answer tells of; one that is not matchd's has a code like `http_502`."""
    waits = headers.get("retry-after", "")
    retry_after = float(waits) if waits.isascii() and waits.isdigit() else None
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Refused(
            f"HTTP status {status}, and not from matchd",
            code=f"http_{status}",
            status=status,
            retry_after=retry_after,
        )
    return Refused(
        said.error,
        code=said.code,
        status=status,
        retry_after=said.retry_after if said.retry_after is not None else retry_after,
        request_id=said.request_id,
    )
