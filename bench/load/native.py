"""The compiled generator, for what a generator in Python would limit: HTTP and WebSocket in bulk.

Its sources lie in `native/` (see `load.h`); they are compiled once in a process, into a directory that
goes with it. It is pinned to the generator's core and prints its own CPU, so that a reader sees that it
was not the limit.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.load.jobs import Watched
from bench.processes import cores

_T = TypeVar("_T")

SOURCES = Path(__file__).resolve().parent / "native"
DEADLINE = 180.0


class CompilerMissing(Exception):
    """There is no C compiler on this machine; the message says what to do."""


class LoadFailed(Exception):
    """The generator got something else than it asked for; the message says what."""


def drive(job: str, kind: type[_T], watched: Watched, **options: object) -> _T:
    """Have one job done; LoadFailed when a server answers wrongly."""
    named = {
        "servers": ",".join(map(str, watched.servers)),
        "redis": "" if watched.redis is None else watched.redis,
        **options,
    }
    command = [str(binary()), str(cores()[1]), job, *(f"{key}={named[key]}" for key in named)]
    done = subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False)
    if done.returncode:
        raise LoadFailed(
            f"{job}: {done.stderr.decode(errors='replace').strip() or done.returncode}"
        )
    return msgspec.json.decode(done.stdout, type=kind)


def binary() -> Path:
    """The compiled program. CompilerMissing without a compiler."""
    return compiled("load", *sorted(SOURCES.glob("*.c")))


@functools.cache
def compiled(name: str, *sources: Path) -> Path:
    """A program of these sources, in a directory that goes with this process."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CompilerMissing(
            "needs a C compiler, which is not installed (apt install gcc libc6-dev)"
        )
    target = _directory() / name
    command = [compiler, "-O2", "-std=gnu11", "-o", str(target), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise CompilerMissing(f"{compiler} could not compile {name}:\n{done.stderr.decode()}")
    return target


@functools.cache
def _directory() -> Path:
    directory = tempfile.TemporaryDirectory(prefix="matchd-bench-")
    atexit.register(directory.cleanup)
    return Path(directory.name)
