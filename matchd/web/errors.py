"""From refusals to HTTP answers, and the one guard of requests (wire.md 1.1).

Every error on every route leaves through here as JSON with `error`, `code` and `requestId`; the
protocols as given add their own fields beside these.
"""

from __future__ import annotations

import msgspec
from quart import Quart, Response, g, request
from werkzeug.exceptions import HTTPException

from matchd.errors import (
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NoHost,
    NotFound,
    Refusal,
    TooLarge,
    UnsupportedMediaType,
)
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.protocol.refusal import dialect_fields
from matchd.protocol.statuses import STATUS

_log = get_logger()

_LIBRARY: dict[int, type[Refusal]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
}


def install(app: Quart, metrics: Metrics) -> None:
    """Answer every exception of every route."""

    @app.errorhandler(Refusal)
    async def refused(refusal: Refusal) -> Response:
        metrics.refusals.labels(refusal.code).inc()
        return answer(refusal)

    @app.errorhandler(HTTPException)
    async def refused_by_library(error: HTTPException) -> Response:
        refusal = _LIBRARY.get(error.code or 500, InvalidRequest)()
        metrics.refusals.labels(refusal.code).inc()
        response = answer(refusal)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def failed(error: Exception) -> Response:
        metrics.faults.labels("request").inc()
        metrics.refusals.labels(InternalError.code).inc()
        _log.error("http.fault", route=route_pattern(), request_id=g.request_id, exc_info=error)
        return answer(InternalError())


def answer(refusal: Refusal, **beside: object) -> Response:
    """The error body in the dialect of the route, with the fields `beside` it."""
    g.refusal = refusal.code
    body: dict[str, object] = {
        "error": refusal.message,
        "code": refusal.code,
        "requestId": g.request_id,
        **dialect_fields(request.path, refusal.message),
        **beside,
    }
    if refusal.retry_after is not None:
        body["retryAfter"] = refusal.retry_after
    if isinstance(refusal, NoHost):
        body["hosts"] = refusal.counters
    response = Response(
        msgspec.json.encode(body), STATUS[refusal.code], content_type="application/json"
    )
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    if STATUS[refusal.code] == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def route_pattern() -> str:
    """The route as it is written, never the raw path (wire.md 1.2)."""
    rule = request.url_rule
    return "unmatched" if rule is None else str(rule.rule)
