"""Schemas of what travels, made by msgspec from the protocol's own types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from matchd.protocol.bodies import Answer
from matchd.turn import IceServer

Json = dict[str, Any]

REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these types, which nothing but their fields tells apart."""

    kinds: tuple[Any, ...]


class Schemas:
    """The schemas of some types; those with a name are `named`, the others refer to them."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        # By identity: two annotated types may be equal and say different things.
        self._kinds = list({id(one): one for kind in kinds for one in _each(kind)}.values())
        schemas, named = msgspec.json.schema_components(self._kinds, ref_template=REF)
        self._schemas = {
            id(kind): schema for kind, schema in zip(self._kinds, schemas, strict=True)
        }
        self.named: Json = {_plain_name(name): one for name, one in named.items()}
        for one in (*self._schemas.values(), *self.named.values()):
            _tidy(one)
        for kind in _omitting(Answer, IceServer):
            _leave_out_null(self.named.get(kind.__name__, {}))

    def of(self, kind: Any) -> Json:
        """The schema of one of the types."""
        if isinstance(kind, OneOf):
            return {"anyOf": [self.of(one) for one in kind.kinds]}
        return self._schemas[id(kind)]


def _each(kind: Any) -> tuple[Any, ...]:
    if isinstance(kind, OneOf):
        return kind.kinds
    return () if kind is None else (kind,)


def _plain_name(name: str) -> str:
    """A name that two modules have is told apart by theirs."""
    if "." not in name:
        return name
    module, own = name.rsplit(".", 2)[-2:]
    return f"{module}.{own}"


def _tidy(schema: Any) -> None:
    """Put docstrings on one line, and names in their short form."""
    if isinstance(schema, list):
        for one in schema:
            _tidy(one)
    if not isinstance(schema, dict):
        return
    if isinstance(text := schema.get("description"), str):
        schema["description"] = " ".join(text.split())
    if isinstance(target := schema.get("$ref"), str):
        head, _, name = target.rpartition("/")
        schema["$ref"] = f"{head}/{_plain_name(name)}"
    for one in schema.values():
        _tidy(one)


def _omitting(*kinds: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Those among the kinds, and below them, that leave absent fields out."""
    for kind in kinds:
        if kind.__struct_config__.omit_defaults:
            yield kind
        yield from _omitting(*kind.__subclasses__())


def _leave_out_null(schema: Json) -> None:
    """A field that is left out when it is null never is null."""
    for name, one in schema.get("properties", {}).items():
        if "default" in one and one["default"] is None:
            left = [kind for kind in one["anyOf"] if kind != {"type": "null"}]
            schema["properties"][name] = left[0] if len(left) == 1 else {"anyOf": left}
