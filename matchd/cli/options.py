"""Options that several verbs share, and the configuration they lead to. Imported by the verbs."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path

from matchd.config import Loaded, load
from matchd.errors import ConfigError

AddParser = Callable[..., argparse.ArgumentParser]
"""What a verb is registered with: `add_parser` of argparse's subparsers."""

DEFAULT_CONFIG = Path("/etc/matchd/matchd.toml")
SHORTEST, LONGEST = 60, 31_536_000

_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def add_config(parser: argparse._ActionsContainer) -> None:
    """Add `--config F`."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"the configuration (default: $MATCHD_CONFIG, else {DEFAULT_CONFIG})",
    )


def config_path(arguments: argparse.Namespace) -> Path:
    """The file that the options or the environment name."""
    chosen: Path | None = arguments.config
    return chosen or Path(os.environ.get("MATCHD_CONFIG") or DEFAULT_CONFIG)


def load_config(arguments: argparse.Namespace, *, dev: bool = False) -> Loaded:
    """Load that file; one that is not there is refused with the way to get one."""
    path = config_path(arguments)
    if is_missing(path):
        where = "" if path == DEFAULT_CONFIG else f" {path.parent}"
        raise ConfigError(
            f"{path}: there is no such file; write one with `matchd init{where}`, or try matchd "
            "without one: `matchd serve --dev`"
        )
    return load(path, dev=dev)


def is_missing(path: Path) -> bool:
    """Whether nothing is there."""
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:  # a directory we may not enter: loading the file will say so
        return False
    return False


def duration(text: str) -> int:
    """Read `3600`, `90s`, `15m`, `12h` or `30d` as seconds, from a minute to a year."""
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not SHORTEST <= seconds <= LONGEST:
        raise argparse.ArgumentTypeError(
            f"{text!r}: allowed are {SHORTEST} s to 365 d, such as 3600, 90s, 15m, 12h, 30d"
        )
    return seconds
