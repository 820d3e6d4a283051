"""How JSON bodies are read and written, for every route and message (wire.md 1.1).

Unknown fields are ignored; a wrong type, a missing field or a value out of range becomes an
InvalidRequest whose text names the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from matchd.errors import InvalidRequest

MAX_BODY = 65536
"""Bytes a body or a reassembled WebSocket message may have (wire.md 1.1, 1.3)."""

_T = TypeVar("_T")
_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `([^`]*)`")
_UNMATCHED = re.compile(r"^Expected `str` matching regex ")
"""A pattern says nothing to who sent the text."""
_MAX_REASON = 200
"""Characters of a reason: msgspec repeats the value it refuses, however long it is."""


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A body a client sends: camelCase on the wire, unknown fields ignored."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A body we send: camelCase on the wire, absent fields left out."""


def decode(raw: bytes | str, kind: type[_T], what: str = "body") -> _T:
    """Decode JSON into `kind`; InvalidRequest names the field that is wrong, and `what` has it."""
    try:
        # msgspec skips over unknown fields and raw values without looking at their encoding.
        utf8 = raw.encode() if isinstance(raw, str) else raw
        utf8.decode()
        return msgspec.json.decode(utf8, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_explain(str(error), what)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidRequest(f"The {what} is not valid JSON.") from None


def decode_form(fields: Mapping[str, str], kind: type[_T]) -> _T:
    """Convert a form's fields, which are all text, into `kind`; errors as for JSON."""
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_explain(str(error))) from None


def encode(value: object) -> bytes:
    """Encode an answer or a message as UTF-8 JSON."""
    return msgspec.json.encode(value)


def _explain(text: str, what: str = "body") -> str:
    found = _AT.search(text)
    reason = _AT.sub("", text)
    named = _MISSING.search(reason)
    path = found[1] if found else ""
    if named:
        path = f"{path}.{named[1]}" if path else named[1]
        return f"`{path}` is missing."
    if _UNMATCHED.search(reason):
        return f"`{path or what}` has characters that it may not have."
    return f"`{path or what}`: {reason[0].lower()}{reason[1:_MAX_REASON]}."
