"""From settings back to TOML: what `matchd config` prints.

Pure, and the inverse of `load.parse`: reading the text again gives an equal Config. It knows no
secret, only the names of secret files; what is said about those comes in as notes. Imported by
`explain` (how a value is written) and by the command line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import msgspec

from matchd.config.schema import Config


def render(config: Config, notes: Mapping[str, str] | None = None) -> str:
    """Write every key, in the schema's order; a note becomes the comment behind its key.

    Notes are found by the key's dotted path, such as `hosts.secret_file` or
    `turn.server[0].secret_file`.
    """
    return "\n".join(_table("", config, notes or {})).lstrip("\n") + "\n"


def written(value: object) -> str:
    """A value as TOML writes it; a whole number without its `.0`, which TOML reads the same."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # JSON's escapes are TOML's; DEL alone must be escaped in TOML and not in JSON.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case float() if value.is_integer():
            return str(int(value))
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + "}"
    return str(value)


def _table(path: str, table: msgspec.Struct, notes: Mapping[str, str]) -> Iterator[str]:
    fields = [(name, getattr(table, name)) for name in table.__struct_fields__]
    for name, value in fields:
        if not _is_table(value):
            yield f"{name} = {written(value)}{_comment(notes.get(_dotted(path, name)))}"
    for name, value in fields:
        below = _dotted(path, name)
        if isinstance(value, msgspec.Struct):
            yield from ("", f"[{below}]")
            yield from _table(below, value, notes)
        elif isinstance(value, dict):
            if not value:
                yield from ("", f"[{below}]")
            for key, item in value.items():
                yield from ("", f"[{below}.{key}]")
                yield from _table(f"{below}.{key}", item, notes)
        elif value and _is_table(value):
            for index, item in enumerate(value):
                yield from ("", f"[[{below}]]")
                yield from _table(f"{below}[{index}]", item, notes)


def _is_table(value: object) -> bool:
    """True for a table, for tables by name, and for a list of tables that is not empty."""
    if isinstance(value, tuple):
        return bool(value) and isinstance(value[0], msgspec.Struct)
    return isinstance(value, msgspec.Struct | dict)


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _comment(note: str | None) -> str:
    if note is None:
        return ""
    # A file name may hold anything, a line break too: it must not begin a line of its own.
    return "  # " + "".join(char if char.isprintable() else "?" for char in note)
