"""Writing configuration and secrets: whole files or none, never readable by others.

A file is written under a temporary name in its directory, brought to its mode and group, and then
renamed, so that nobody ever reads half of one. OSError is left to `main`. Imported by the verbs.
"""

from __future__ import annotations

import contextlib
import grp
import os
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE_MODE, DIRECTORY_MODE = 0o640, 0o750


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be made: its text, and the group that may read it (None: our own)."""

    path: Path
    text: str
    group: int | None = None


def group_id(name: str) -> int | None:
    """The group to give files to; None when there is none, or we are not root and can't."""
    if os.geteuid() != 0:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def write_all(files: Sequence[NewFile], directories: Sequence[NewFile]) -> None:
    """Make the directories that are missing (their text is not used), then every file.

    After an OSError nothing of it is left. The files' names must be free.
    """
    made: list[Path] = []
    try:
        for directory in directories:
            if not directory.path.is_dir():
                directory.path.mkdir(parents=True)
                made.append(directory.path)
                _own(directory.path, DIRECTORY_MODE, directory.group)
        waiting: list[tuple[Path, Path]] = []
        for file in files:
            temporary = _temporary(file.path, file.text)
            made.append(temporary)
            _own(temporary, FILE_MODE, file.group)
            waiting.append((temporary, file.path))
        for temporary, path in waiting:
            temporary.rename(path)
            made.append(path)
    except BaseException:
        _undo(made)
        raise


def write(file: NewFile) -> None:
    """Write one file in place of whatever has its name."""
    temporary = _temporary(file.path, file.text)
    try:
        _own(temporary, FILE_MODE, file.group)
        temporary.replace(file.path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_private(path: Path, text: str) -> None:
    """Write one file that nobody else may read, in place of whatever has its name."""
    temporary = _temporary(path, text)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace(path: Path, text: str) -> None:
    """Put a new text into an existing file, which keeps its mode, owner and group."""
    path = path.resolve(strict=True)  # a link stays one
    status = path.stat()
    temporary = _temporary(path, text)
    try:
        # The owner first: a change of owner may clear bits of the mode.
        os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(stat.S_IMODE(status.st_mode))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(path: Path, text: str) -> Path:
    """A closed file (mode 0600) beside `path`, on the disk with this text."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _own(path: Path, mode: int, group: int | None) -> None:
    if group is not None:
        os.chown(path, -1, group)
    path.chmod(mode)


def _undo(made: Sequence[Path]) -> None:
    for path in reversed(made):
        # What stands in the way of this matters less than why it is done.
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
