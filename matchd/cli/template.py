"""The shipped `matchd.toml`, and how values are put into it without losing its comments.

In a wheel it is package data (`matchd/share/`), in a checkout it is `config/matchd.toml`. Imported by
`init` only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import matchd
from matchd.config.render import written

_HEADER = re.compile(r"#?\[+([a-z.]+)\]+")
_KEY = re.compile(r"#?([a-z_0-9]+) = .*?(  # .*)")
_COLUMN = 33  # where the template's comments stand, less the two spaces before them


def template() -> str:
    """The text of the shipped file."""
    package = Path(matchd.__file__).parent
    shipped = package / "share" / "matchd.toml"
    path = shipped if shipped.exists() else package.parent / "config" / "matchd.toml"
    return path.read_text(encoding="utf-8")


def filled(text: str, values: Mapping[str, object]) -> str:
    """Set keys, given by dotted path (`server.public_url`, `turn.server.host`).

    A line that is commented out, and the header above it, come into force with that.
    """
    tables = {path.rpartition(".")[0] for path in values}
    lines, table = [], ""
    for line in text.splitlines():
        if header := _HEADER.match(line):
            table = header[1]
            lines.append(line.removeprefix("#") if table in tables else line)
            continue
        key = _KEY.fullmatch(line)
        path = f"{table}.{key[1]}" if key else ""
        if key and path in values:
            line = f"{key[1]} = {written(values[path])}".ljust(_COLUMN) + key[2]  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"
