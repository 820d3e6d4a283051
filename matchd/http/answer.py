"""One answer, whoever carries it, and how a refusal becomes one (wire.md 1.1).

Every error on every route has `error`, `code` and `requestId`; the protocols as given add their own
fields beside these.
"""

from __future__ import annotations

from typing import NamedTuple

from matchd.errors import InGame, NoHost, Refusal
from matchd.http.ask import JSON, Ask
from matchd.protocol.bodies import encode
from matchd.protocol.refusal import dialect_fields
from matchd.protocol.statuses import STATUS


class Answer(NamedTuple):
    """What a handler says. `headers` are its own, beside those that all answers have; `refusal` is
    the code when it refuses.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    refusal: str | None = None


def reply(value: object, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, encode(value))


def refused(ask: Ask, refusal: Refusal, **beside: object) -> Answer:
    """The error body in the dialect of the route, with the fields `beside` it."""
    body: dict[str, object] = {
        "error": refusal.message,
        "code": refusal.code,
        "requestId": ask.request_id,
        **dialect_fields(ask.path, refusal.message),
        **beside,
    }
    headers: tuple[tuple[str, str], ...] = ()
    if refusal.retry_after is not None:
        body["retryAfter"] = refusal.retry_after
        headers = (("Retry-After", str(refusal.retry_after)),)
    if isinstance(refusal, NoHost):
        body["hosts"] = refusal.counters
    elif isinstance(refusal, InGame):
        body["game_id"] = refusal.game_id
    status = STATUS[refusal.code]
    if status == 401:
        headers += (("WWW-Authenticate", "Bearer"),)
    return Answer(status, encode(body), JSON, headers, refusal.code)
