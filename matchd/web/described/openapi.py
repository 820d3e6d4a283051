"""The OpenAPI document (3.1), made from the tables of routes and the protocol's types.

What holds for every route is added here: the error body, limits, what the listener refuses.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from http import HTTPStatus

import msgspec

from matchd import __version__
from matchd.errors import (
    Draining,
    InternalError,
    InvalidRequest,
    NotFound,
    Outsider,
    RateLimited,
    StoreUnavailable,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from matchd.protocol.answers import Refused
from matchd.protocol.refusal import dialect_fields
from matchd.protocol.statuses import STATUS
from matchd.web.described.accounts import ACCOUNTS, FRIENDS
from matchd.web.described.admin import ADMINISTRATION
from matchd.web.described.chat import CHAT, REPORTS
from matchd.web.described.doors import DOORS
from matchd.web.described.hosts import HOSTS, MATCHES
from matchd.web.described.lobbies import LOBBIES, PLAY
from matchd.web.described.route import FORM, JSON, Kind, Query, Refusals, Route
from matchd.web.described.schemas import Json, Schemas
from matchd.web.described.site import OPERATIONS, SITE

CHAPTERS = (
    *(HOSTS, MATCHES, DOORS, ACCOUNTS, FRIENDS, LOBBIES, PLAY),
    *(CHAT, REPORTS, ADMINISTRATION, OPERATIONS, SITE),
)
ROUTES: dict[str, Route] = {key: one for part in CHAPTERS for key, one in part.routes.items()}
"""Every route, by `METHOD /path`."""

EVERYWHERE: Refusals = (
    *(InvalidRequest, RateLimited, InternalError),
    *(Unavailable, StoreUnavailable, Outsider, Draining),
)
WITH_BODY: Refusals = (TooLarge, UnsupportedMediaType)

LISTENER = {"headers_too_large": 431, "request_timeout": 408, "too_many_connections": 429}
"""What is refused before there is a route."""

_TEXT = """One origin serves HTTP and WebSocket. Bodies are JSON in UTF-8, at most 64 KiB; unknown
fields are ignored. Times are Unix seconds. Every route answers with and without a trailing slash, and
none redirects.

Every error has the body `{"error", "code", "requestId"}`, with `retryAfter` and the header
`Retry-After` where waiting helps; `code` is stable. A wrong method is 405, a path that is none 404.

A token travels as `Authorization: Bearer`, on sockets also as `?token=` or, for one path and once, as
`?ticket=`. `X-Request-Id` is echoed, and made where it is absent."""

_SCHEMES: Json = {
    "player": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    | {"description": "A player's access token."},
    "host": {"type": "http", "scheme": "bearer"}
    | {"description": "The host secret, or a token of `matchd token host`."},
    "grant": {"type": "http", "scheme": "bearer"}
    | {"description": "The grant of the booking, which came with it."},
    "admin": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    | {"description": "A token of `matchd token admin`."},
    "metrics": {"type": "http", "scheme": "bearer"}
    | {"description": "The metrics token of the configuration."},
    "token": {"type": "apiKey", "in": "query", "name": "token"}
    | {"description": "A token, where only the URL can carry it."},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket"}
    | {"description": "A ticket of `POST /auth/ticket` for this path."},
}


@functools.cache
def document() -> bytes:
    """The document, which is the same for every server of this version."""
    return msgspec.json.encode(build())


def build() -> Json:
    """The document as a value."""
    schemas, refusals = Schemas(_kinds()), _Refusals()
    paths: dict[str, Json] = {}
    for chapter in CHAPTERS:
        for key, route in chapter.routes.items():
            method, path = key.split(" ")
            told = _operation(method, path, route, schemas)
            told["responses"] |= refusals.of(path, route, schemas)
            paths.setdefault(path, {})[method.lower()] = {"tags": [chapter.name], **told}
    return {
        "openapi": "3.1.0",
        "info": {"title": "matchd", "version": __version__, "description": _TEXT},
        "servers": [{"url": "/"}],
        "tags": [{"name": one.name, "description": one.text} for one in CHAPTERS],
        "paths": paths,
        "components": {
            "securitySchemes": _SCHEMES,
            "schemas": schemas.named,
            "responses": refusals.named,
            "headers": {
                "NextCursor": _header("Where the list goes on: the next `cursor`.", "string"),
                "RetryAfter": _header("Seconds to wait before asking again.", "integer"),
            },
        },
    }


def codes(route: Route) -> dict[int, list[str]]:
    """Every error that a route may answer: its codes by status, its own ones first."""
    missing = (NotFound,) if route.path else ()
    refusals = [*route.refuses, *route.who.refuses, *missing, *EVERYWHERE]
    found = [(STATUS[one.code], one.code) for one in refusals]
    if route.body is not None:
        found += [(STATUS[one.code], one.code) for one in WITH_BODY]
    found += [(status, code) for code, status in LISTENER.items()]
    return {
        status: list(dict.fromkeys(code for one, code in found if one == status))
        for status in sorted({status for status, _ in found})
    }


def _kinds() -> Iterator[Kind]:
    yield Refused
    for one in ROUTES.values():
        yield from (one.answer, one.body, *one.also.values(), *one.beside.values())
        yield from one.path.values()
        yield from (query.kind for query in one.query)


def _operation(method: str, path: str, route: Route, schemas: Schemas) -> Json:
    told: Json = {
        "summary": route.title,
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "security": [{name: []} if name else {} for name in route.who.schemes],
        "responses": _answers(route, schemas),
    }
    if route.text:
        told["description"] = route.text
    parameters = [_in_path(name, schemas.of(kind)) for name, kind in route.path.items()]
    parameters += [_parameter(one, schemas) for one in route.query]
    if parameters:
        told["parameters"] = parameters
    if route.body is not None:
        told["requestBody"] = _body(route, schemas)
    return told


def _in_path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(query: Query, schemas: Schemas) -> Json:
    told = {"name": query.name, "in": query.place, "description": query.text}
    return {**told, "required": query.needed, "schema": schemas.of(query.kind)}


def _body(route: Route, schemas: Schemas) -> Json:
    content: Json = {"schema": schemas.of(route.body)}
    if route.sample is not None:
        content["example"] = route.sample
    media = (JSON, FORM) if route.form else (JSON,)
    return {"required": not route.optional, "content": dict.fromkeys(media, content)}


def _answers(route: Route, schemas: Schemas) -> Json:
    headers = {"X-Next-Cursor": {"$ref": "#/components/headers/NextCursor"}} if route.paged else {}
    ways = {one: _content(one, route, schemas) for one in route.media}
    told: Json = {"200": {"description": "Done.", "headers": headers, "content": ways}}
    for status, kind in route.also.items():
        told[str(status)] = {"description": HTTPStatus(status).phrase}
        if kind is not None:
            told[str(status)]["content"] = {JSON: {"schema": schemas.of(kind)}}
    return told


def _content(media: str, route: Route, schemas: Schemas) -> Json:
    if media != JSON:
        return {"schema": {"type": "string"}}
    example = {} if route.given is None else {"example": route.given}
    return {"schema": schemas.of(route.answer), **example}


class _Refusals:
    """The answers that are errors, each with a name, since most routes share them."""

    def __init__(self) -> None:
        self.named: dict[str, Json] = {}

    def of(self, path: str, route: Route, schemas: Schemas) -> Json:
        """Those of a route, by status."""
        own = {STATUS[one.code] for one in route.refuses}
        dialect = {name: _dialect_field(value) for name, value in dialect_fields(path, "").items()}
        beside = {name: schemas.of(kind) for name, kind in route.beside.items()}
        told: Json = {}
        for status, names in codes(route).items():
            more = dialect | (beside if status in own else {})
            name = ".".join((*names, *more))
            self.named[name] = _refusal(status, names, more, schemas)
            told[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return told


def _dialect_field(value: object) -> Json:
    return {"type": "string"} if isinstance(value, str) else {"const": value}


def _refusal(status: int, names: list[str], beside: Json, schemas: Schemas) -> Json:
    own = {"properties": {"code": {"enum": names}, **beside}}
    told: Json = {
        "description": ", ".join(f"`{name}`" for name in names),
        "content": {JSON: {"schema": {"allOf": [schemas.of(Refused), own]}}},
    }
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return told


def _header(text: str, kind: str) -> Json:
    return {"description": text, "schema": {"type": kind}}
