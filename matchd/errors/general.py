"""Refusals that any route may give, and the roots of the tree (errors/__init__.py)."""

from __future__ import annotations

from typing import ClassVar


class MatchdError(Exception):
    """The root of everything matchd raises on purpose."""


class ConfigError(MatchdError):
    """The configuration can't be used; the text names the path, the value and what is allowed."""


class Refusal(MatchdError):
    """A caller is refused. `retry_after` (seconds) is set only where waiting helps."""

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "The request was refused."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message or self.text)
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)


class InvalidRequest(Refusal):
    """A body, query or message has a wrong shape; the text names the field."""

    code = "invalid_request"
    text = "The request is not valid."


class UnsupportedMediaType(InvalidRequest):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"
    text = "The body must be sent as application/json."


class TooLarge(InvalidRequest):
    """The body or message is larger than 64 KiB."""

    code = "too_large"
    text = "The body is larger than 64 KiB."


class Unauthorized(Refusal):
    """No credential was presented where one is needed."""

    code = "unauthorized"
    text = "A credential is needed: send it as Authorization: Bearer."


class BadToken(Unauthorized):
    """The token is malformed, expired, revoked or not ours."""

    code = "bad_token"
    text = "The token is not valid (any more)."


class Forbidden(Refusal):
    """The caller is known but may not do this."""

    code = "forbidden"
    text = "This is not allowed."


class NotFound(Refusal):
    """There is no such thing."""

    code = "not_found"
    text = "There is nothing at this address."


class MethodNotAllowed(Refusal):
    """The route exists, with other methods."""

    code = "method_not_allowed"
    text = "This method is not allowed here."


class KeyReused(Refusal):
    """The idempotency key came again with another body."""

    code = "key_reused"
    text = "This Idempotency-Key was used with another body."


class RateLimited(Refusal):
    """Too many requests, connections or messages."""

    code = "rate_limited"
    text = "Too many requests; try again later."


class Unavailable(Refusal):
    """The daemon can't do this now."""

    code = "unavailable"
    text = "The service is not available now."


class StoreUnavailable(Unavailable):
    """The store can't be reached; nothing was changed, unless `unsure`: then nobody knows."""

    code = "store_unavailable"
    text = "The store can't be reached; nothing was changed."

    def __init__(
        self, message: str | None = None, *, retry_after: int | None = None, unsure: bool = False
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.unsure = unsure


class Outsider(Unavailable):
    """The other nodes have other secrets, so what this one promised would not hold there."""

    code = "misconfigured"
    text = "This server is not set up like the others; try again, at another one."


class Draining(Unavailable):
    """The daemon restarts."""

    code = "draining"
    text = "The server restarts; try again in a moment."


class InternalError(Refusal):
    """Our fault; the log has the trace under the request id."""

    code = "internal"
    text = "Something went wrong here; the server's log knows what."
