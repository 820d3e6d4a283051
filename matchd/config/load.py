"""From a TOML file to checked settings with their secrets, or one sentence why not.

Every failure is a ConfigError that names the file, the path of the key, its value and what is allowed.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import typing
from pathlib import Path

import msgspec

from matchd.config.check import check
from matchd.config.schema import Config, Hosts, Limits, Server
from matchd.config.secrets import Secrets, generated, read_secrets
from matchd.errors import ConfigError

_AT = re.compile(r" - at `\$\.?([^`]*)`$")


class Loaded(msgspec.Struct, frozen=True):
    """Settings and secrets that belong together, and the file they came from (None: none)."""

    config: Config
    secrets: Secrets
    path: Path | None
    dev: bool


def load(path: Path, *, dev: bool = False) -> Loaded:
    """Read and check a file; ConfigError when anything in it can't be used."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    try:
        config = parse(raw)
        check(config, dev=dev)
        return Loaded(config, read_secrets(config, path.parent, dev=dev), path, dev)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def dev() -> Loaded:
    """The settings of `matchd serve --dev` without a file: loopback, open, nothing kept."""
    config = Config(
        server=Server(data_dir="", drain=1.0),
        hosts=Hosts(auth="open"),
        limits=Limits(exempt=("127.0.0.0/8", "::1", "unix:")),
    )
    return Loaded(config, generated(), None, dev=True)


def parse(raw: dict[str, object]) -> Config:
    """Decode a TOML document; ConfigError names path, value and what is allowed."""
    try:
        return msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), raw)) from None


def _explain(text: str, raw: dict[str, object]) -> str:
    found = _AT.search(text)
    path = found[1] if found else ""
    reason = _AT.sub("", text)
    unknown = re.search(r"unknown field `([^`]*)`", reason)
    if unknown:
        return _unknown_key(path, unknown[1])
    missing = re.search(r"missing required field `([^`]*)`", reason)
    if missing:
        return f"{_dotted(path, missing[1])} is missing"
    if "enum value" in reason:
        reason = "allowed are " + ", ".join(f'"{item}"' for item in _literals(path))
    value = _value_at(raw, path)
    return f"{path or 'the document'} = {_shown(value)}: {reason}"


def _unknown_key(path: str, name: str) -> str:
    kind = _type_at(path)
    names = [field.name for field in msgspec.structs.fields(kind)]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(names)}"
    return f"{_dotted(path, name)} is not a known key{hint}"


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _steps(path: str) -> list[str | int]:
    return [
        int(part) if part.isdigit() else part
        for part in path.replace("[", ".").replace("]", "").split(".")
        if part and part != "..."
    ]


def _value_at(raw: object, path: str) -> object:
    for step in _steps(path):
        try:
            raw = raw[step]  # type: ignore[index]  # the path is the decoder's own
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def _annotation_at(path: str) -> typing.Any:
    kind: typing.Any = Config
    for step in _steps(path):
        if isinstance(step, int) or step == "":
            kind = typing.get_args(kind)[0]
        else:
            kind = typing.get_type_hints(kind, include_extras=False)[step]
    return kind


def _type_at(path: str) -> type[msgspec.Struct]:
    kind = _annotation_at(path)
    return kind if isinstance(kind, type) else typing.get_args(kind)[0]


def _literals(path: str) -> list[str]:
    kind = _annotation_at(path)
    while typing.get_origin(kind) is not typing.Literal:
        kind = typing.get_args(kind)[0]
    return [str(item) for item in typing.get_args(kind)]


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else text[:77] + "..."
