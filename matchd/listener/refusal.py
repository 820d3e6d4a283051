"""A refusal that happens before any edge is involved, as a value.

Owns `Refusal`. Pure: `farewell` writes it. Used by `heads`, `scanner`, `caps`, `http_stream` and
`front`.
"""

from dataclasses import dataclass

from matchd.protocol.refusal import http_refusal


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status with the stable code and the sentence of wire.md 1.1.

    `request_id` is what the client sent as `X-Request-Id`, if that could be read and is tidy; `path`
    is the path it asked for, if that could be read.
    """

    status: int
    code: str
    message: str
    retry_after: int | None = None
    request_id: str | None = None
    path: str = ""

    def to_bytes(self, fallback_id: str) -> bytes:
        """Build the whole response; `fallback_id` stands in when the client sent no id."""
        request_id = self.request_id or fallback_id
        return http_refusal(
            self.status,
            self.code,
            self.message,
            request_id,
            path=self.path,
            retry_after=self.retry_after,
        )
