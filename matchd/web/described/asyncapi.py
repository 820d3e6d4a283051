"""The AsyncAPI document (3.0) of the sockets, made from their table and the protocol's types.

AsyncAPI has no word for close codes: they are `x-close-codes` of a channel.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec

from matchd import __version__
from matchd.web.described.schemas import Json, Schemas
from matchd.web.described.sockets import CHANNELS, CLOSES, DIALECTS, Channel, Dialect

_TEXT = """One text frame is one message of JSON, at most 64 KiB. The server pings every 15 s and closes
a socket that has shown no sign of life for 30 s. A refusal before the upgrade is an HTTP answer; a
plain GET of the same URL gives it too, for browsers hide it. `receive` is what the server takes, `send`
what it says."""


@functools.cache
def document() -> bytes:
    """The document, which is the same for every server of this version."""
    return msgspec.json.encode(build())


def build() -> Json:
    """The document as a value."""
    messages: Json = {}
    schemas: Json = {}
    for dialect in DIALECTS:
        told, named = _messages(dialect)
        messages |= told
        schemas |= named
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "matchd", "version": __version__, "description": _TEXT},
        "defaultContentType": "application/json",
        "channels": {one.name: _channel(one) for one in CHANNELS},
        "operations": {
            f"{one.name}.{action}": _operation(one, action)
            for one in CHANNELS
            for action in ("receive", "send")
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _messages(dialect: Dialect) -> tuple[Json, Json]:
    """The messages of a dialect, and the schemas they refer to, all under its name."""
    kinds = dict.fromkeys((*dialect.says, *dialect.hears))
    schemas = Schemas(kinds)
    named = {
        f"{dialect.name}.{name}": _prefixed(one, dialect) for name, one in schemas.named.items()
    }
    told: Json = {
        name_of(dialect, kind): {
            "name": _said(kind),
            "title": _said(kind),
            "summary": " ".join((kind.__doc__ or "").split()),
            "payload": _prefixed(schemas.of(kind), dialect),
        }
        for kind in kinds
    }
    for word, text in dialect.bare.items():
        payload = {"type": "string"} if word.islower() else {"const": word}
        told[f"{dialect.name}.{word}"] = {
            "name": word,
            "title": word,
            "summary": text,
            "payload": payload,
        }
    return told, named


def name_of(dialect: Dialect, kind: Any) -> str:
    """What a message is called in the document."""
    return f"{dialect.name}.{kind.__name__}"


def _said(kind: Any) -> str:
    """The word by which a message is known: its tag, or its only key."""
    tag = kind.__struct_config__.tag
    return str(tag if tag is not None else kind.__struct_fields__[0])


def _prefixed(schema: Any, dialect: Dialect) -> Any:
    """The same schema, where names are those of the dialect."""
    if isinstance(schema, list):
        return [_prefixed(one, dialect) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _prefixed(one, dialect) for name, one in schema.items()}
    if isinstance(target := schema.get("$ref"), str):
        found["$ref"] = target.replace("/schemas/", f"/schemas/{dialect.name}.")
    return found


def _channel(one: Channel) -> Json:
    query = {name: {"type": "string", "description": text} for name, text in one.query.items()}
    query |= {name: {"const": value} for name, value in one.fixed.items()}
    wanted = {"type": "object", "properties": query, "required": [*one.needed, *one.fixed]}
    told: Json = {
        "address": one.address,
        "title": one.title,
        "description": one.dialect.text,
        "messages": {name.partition(".")[2]: _to_message(name) for name in names(one.dialect)},
        "bindings": {"ws": {"method": "GET", "query": wanted, "bindingVersion": "0.1.0"}},
        "x-close-codes": [
            {"code": int(code), "meaning": meaning, "then": then}
            for code, (meaning, then) in CLOSES.items()
        ],
    }
    if parts := re.findall(r"\{(\w+)\}", one.address):
        told["parameters"] = {part: {} for part in parts}
    return told


def names(dialect: Dialect) -> list[str]:
    """What the messages of a dialect are called."""
    kinds = dict.fromkeys((*dialect.says, *dialect.hears))
    return [
        *(name_of(dialect, one) for one in kinds),
        *(f"{dialect.name}.{one}" for one in dialect.bare),
    ]


def _operation(one: Channel, action: str) -> Json:
    kinds = one.dialect.says if action == "receive" else one.dialect.hears
    told = [one_kind.__name__ for one_kind in kinds]
    if action == "receive":
        told += one.dialect.bare
    at = f"#/channels/{one.name}"
    messages = [{"$ref": f"{at}/messages/{name}"} for name in told]
    return {"action": action, "channel": {"$ref": at}, "messages": messages}


def _to_message(name: str) -> Json:
    return {"$ref": f"#/components/messages/{name}"}
