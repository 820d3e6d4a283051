"""What is described, held against what is said: every answer of the tests' client goes through here.

Owns the validators of `/openapi.json`. They are stricter than the document: an object may have no field
that is not described, since clients read there what there is. Only tests import this module.
"""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import msgspec

from matchd.web.described import openapi

Json = dict[str, Any]

_NAMED = re.compile(rb'"#/components/schemas/([^"]+)"')


@functools.cache
def http() -> Json:
    """The document, as it is served."""
    served: Json = msgspec.json.decode(openapi.document())
    return served


@dataclass(frozen=True)
class Said:
    """An answer, and what was asked."""

    method: str
    target: str
    status: int
    media: str
    body: bytes


def check(said: Said) -> None:
    """Fail with words on what is missing when an answer is not as the document has it."""
    path, _, query = said.target.partition("?")
    key = route_of(said.method, path)
    if said.method == "OPTIONS":
        return
    if key is None:
        assert said.status >= 400, f"{said.method} {path} is not described"
        return
    operation = operation_of(key)
    where = f"{key} ({said.status}): describe it in matchd/web/described"
    answers = {status: resolved(one) for status, one in operation["responses"].items()}
    assert str(said.status) in answers or said.status in (405, 415), f"{where}: no such status"
    if said.status < 400:
        _check_query(operation, query, where)
    if said.status in (204, 304, 405, 415) or not said.body:
        return
    content = answers[str(said.status)]["content"]
    assert said.media in content, f"{where}: no {said.media}"
    packed = said.body.startswith(b"\x1f\x8b")
    if said.media == "application/json":
        body = gzip.decompress(said.body) if packed else said.body
        _check_body(key, str(said.status), body, where)


def _check_query(operation: Json, query: str, where: str) -> None:
    """`other` stands in tests for what nobody knows; credentials are told of as such."""
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    named = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    unknown = named - known - {"token", "ticket", "other"}
    assert not unknown, f"{where}: no {unknown} in the query"


def _check_body(key: str, status: str, body: bytes, where: str) -> None:
    value = msgspec.json.decode(body)
    errors = [
        f"{one.message} at {one.instance_path}" for one in strict(key, status).iter_errors(value)
    ]
    assert not errors, f"{where}: {errors} in {body!r}"


@functools.cache
def strict(key: str, status: str) -> Any:
    """The validator of an answer, which knows no field that is not described."""
    answer = resolved(operation_of(key)["responses"][status])
    schema = answer["content"]["application/json"]["schema"]
    return validator(closed(schema), close=closed)


def validator(schema: Json, close: Callable[[Any], Any] = lambda one: one) -> Any:
    """The validator of a schema, with those of the document's components that it leads to."""
    named, whole = http()["components"]["schemas"], msgspec.json.encode(schema)
    found: Json = {}
    left = _NAMED.findall(whole)
    while left:
        name = left.pop().decode()
        if name not in found:
            found[name] = close(named[name])
            left += _NAMED.findall(msgspec.json.encode(named[name]))
    components = {"schemas": found}
    return jsonschema_rs.Draft202012Validator(schema | {"components": components})


def closed(schema: Any) -> Any:
    """The same schemas, each object without fields that are not described."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(one) for name, one in schema.items()}
    if "allOf" in schema or schema.get("title", "Refused") != "Refused":
        found["unevaluatedProperties"] = False
    return found


def route_of(method: str, path: str) -> str | None:
    """The described route that serves a path: the one with the fewest open parts."""
    method = "GET" if method == "HEAD" else method
    path = path.rstrip("/") or "/"
    found = [key for key, one in _patterns().items() if one.fullmatch(f"{method} {path}")]
    return min(found, key=lambda key: key.count("{"), default=None)


def operation_of(key: str) -> Json:
    """What is said of a route."""
    method, path = key.split(" ")
    operation: Json = http()["paths"][path][method.lower()]
    return operation


def resolved(one: Json) -> Json:
    """The thing itself, where the document only refers to it."""
    while "$ref" in one:
        target: Any = http()
        for part in one["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        one = target
    return one


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """A pattern for each route; the last part of a path may have slashes where it is the rest."""
    return {key: re.compile(_pattern(key)) for key in openapi.ROUTES}


def _pattern(key: str) -> str:
    parts = re.split(r"(\{\w+\})", key)
    rest = key.endswith(("{users}", "/matchbox/{name}", "/lobby/{lobby}"))
    last = len(parts) - 2
    return "".join(
        re.escape(part) if not part.startswith("{") else ".+" if rest and at == last else "[^/]+"
        for at, part in enumerate(parts)
    )
