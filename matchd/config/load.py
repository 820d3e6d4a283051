"""From a TOML file to checked settings with their secrets, or one sentence why not.

Every failure is a ConfigError that names the file, the path of the key, its value and what is
allowed; `explain` words those that the decoder finds. Imported through `matchd.config`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from matchd.config.check import check
from matchd.config.explain import explain
from matchd.config.schema import Config, Hosts, Limits, Server
from matchd.config.secrets import Secrets, generated, read_secrets
from matchd.errors import ConfigError


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
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:  # bad syntax, bad UTF-8, a number of 5,000 digits
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
        raise ConfigError(explain(str(error), raw)) from None
