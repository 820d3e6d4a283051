"""What a rotation has done so far, beside the secret file, and the lock that lets one run at a time.

The state names secrets by a piece of their hash: the secrets themselves are in the secret file alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from matchd.errors import ConfigError


class Stage(StrEnum):
    """What is done; in this order."""

    BEGUN = "begun"  # the new secret is the last line of the file
    ADDED = "added"  # the server takes both
    SWITCHED = "switched"  # the new one is the first line
    RELOADED = "reloaded"  # nothing is minted with the old one any more
    REMOVED = "removed"  # the server takes the new one only


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation; `at` is when its stage began (Unix seconds), `new` and `old` are fingerprints.
    `conf` is the configuration of a coturn on this machine, or "".
    """

    server: str
    db: str
    conf: str = ""
    stage: Stage
    at: int
    new: str
    old: tuple[str, ...]


def fingerprint(secret: str) -> str:
    """What names a secret here."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def state_path(secret_file: Path) -> Path:
    """Where the state of a rotation of this file is."""
    return secret_file.with_name(f"{secret_file.name}.rotation")


def load_state(path: Path) -> State | None:
    """The rotation that was begun; None if there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"{path}: not the state of a rotation ({error}); look at the secret file, whose first line "
            "is what players get, and remove this one"
        ) from None


@contextmanager
def only_one(secret_file: Path) -> Iterator[None]:
    """Hold the directory of the secret file; ConfigError while another rotation does."""
    descriptor = os.open(secret_file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, secret_file.parent)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError(
            f"another `matchd turn rotate` is at work in {directory}; let it end"
        ) from None
