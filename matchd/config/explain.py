"""What is wrong with a value: the decoder's complaint as one sentence for the administrator.

Owns the wording: the key's path, its value, and what is allowed there, read from the schema itself.
Pure. Imported by `load` only.
"""

from __future__ import annotations

import difflib
import re

import msgspec
from msgspec import inspect

from matchd.config.render import written
from matchd.config.schema import Config

_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_NAME = re.compile(r" - at `key` in `\$\.([^`]*)`$")
_SOME = "[...]"
"""How the decoder says that something is wrong in one of the tables of a dict, not in which."""

_LONGEST = 80


def explain(text: str, raw: object) -> str:
    """Turn a msgspec.ValidationError's text about the document `raw` into a sentence."""
    if name := _NAME.search(text):
        return _wrong_name(name[1], raw)
    found = _AT.search(text)
    path = _found(found[1], raw) if found else ""
    reason = _AT.sub("", text)
    if unknown := _UNKNOWN.search(reason):
        return _unknown_key(path, unknown[1])
    if missing := _MISSING.search(reason):
        return f"{_dotted(path, missing[1])} is missing"
    return f"{path} = {_shown(_value_at(raw, path))}: allowed is {_allowed(_kind_at(path))}"


def _wrong_name(path: str, raw: object) -> str:
    names, kind = _value_at(raw, path), _kind_at(path)
    assert isinstance(names, dict)
    assert isinstance(kind, inspect.DictType)
    assert isinstance(kind.key_type, inspect.StrType)
    wrong = next(name for name in names if not re.search(kind.key_type.pattern or "", name))
    return f"{path}: {_shown(wrong)} is no name: allowed are 1 to 64 of A-Z a-z 0-9 _ -"


def _found(path: str, raw: object) -> str:
    """The path with the name of the table that the decoder does not name."""
    head, some, rest = path.partition(_SOME)
    tables, kind = _value_at(raw, head), _kind_at(head)
    if not some or not isinstance(tables, dict) or not isinstance(kind, inspect.DictType):
        return path
    assert isinstance(kind.value_type, inspect.StructType)
    for name, table in tables.items():
        try:
            msgspec.convert(table, kind.value_type.cls)
        except msgspec.ValidationError:
            return f"{head}.{name}{rest}"
    return path


def _unknown_key(path: str, name: str) -> str:
    kind = _kind_at(path)
    names = [field.name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(names)}"
    return f"{_dotted(path, name)} is not a known key{hint}"


def _allowed(kind: inspect.Type) -> str:
    text = "a string"
    match kind:
        case inspect.IntType() | inspect.FloatType():
            text = _number(kind)
        case inspect.BoolType():
            text = "true or false"
        case inspect.LiteralType():
            text = " or ".join(written(value) for value in kind.values)
        case inspect.VarTupleType():
            of = "tables" if isinstance(kind.item_type, inspect.StructType) else "strings"
            text = f"a list of {of}" + (f", at least {kind.min_length}" if kind.min_length else "")
            text += f", at most {kind.max_length}" if kind.max_length else ""
        case inspect.StructType() | inspect.DictType():
            text = "a table"
        case inspect.StrType() if kind.min_length:
            text = "a string that is not empty"
    return text


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    text = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.ge is not None and kind.le is not None:
        return f"{text} from {written(kind.ge)} to {written(kind.le)}"
    low = f"above {written(kind.gt)}" if kind.ge is None else f"at least {written(kind.ge)}"
    high = f"below {written(kind.lt)}" if kind.le is None else f"at most {written(kind.le)}"
    return f"{text} {low}, {high}"


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _steps(path: str) -> list[str | int]:
    parts = path.replace("[", ".").replace("]", "").split(".")
    return [int(part) if part.isdigit() else part for part in parts if part]


def _value_at(raw: object, path: str) -> object:
    for step in _steps(path):
        raw = raw[step]  # type: ignore[index]  # the decoder found something along this path
    return raw


def _kind_at(path: str) -> inspect.Type:
    kind: inspect.Type = inspect.type_info(Config)
    for step in _steps(path):
        if isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        elif isinstance(kind, inspect.DictType):
            kind = kind.value_type
        elif isinstance(kind, inspect.StructType):
            kind = next(field.type for field in kind.fields if field.name == step)
    return kind


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, float) else written(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
