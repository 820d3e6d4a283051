"""Every error of every route that quart carries, as an answer of `matchd.http` (wire.md 1.1)."""

from __future__ import annotations

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from matchd.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Refusal,
    TooLarge,
    UnsupportedMediaType,
)
from matchd.http.answer import refused
from matchd.http.desk import Desk
from matchd.web.requests import current_ask, response_of

_LIBRARY: dict[int, type[Refusal]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
}


def install(app: Quart, desk: Desk) -> None:
    """Answer every exception of every route."""

    @app.errorhandler(Refusal)
    async def refuse(refusal: Refusal) -> Response:
        return response_of(desk.refuse(current_ask(), refusal))

    @app.errorhandler(HTTPException)
    async def refuse_by_library(error: HTTPException) -> Response:
        refusal = _LIBRARY.get(error.code or 500, InvalidRequest)()
        response = response_of(desk.refuse(current_ask(), refusal))
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def fail(error: Exception) -> Response:
        return response_of(desk.fault(current_ask(), route_pattern(), error))


def answer(refusal: Refusal, **beside: object) -> Response:
    """A refusal that is not counted as one, with the fields `beside` those of its body."""
    return response_of(refused(current_ask(), refusal, **beside))


def route_pattern() -> str:
    """The route as it is written, never the raw path (wire.md 1.2)."""
    rule = request.url_rule
    return "unmatched" if rule is None else str(rule.rule)
