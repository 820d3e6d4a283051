"""Starts the servers under load, gives server and generator a core each, and ends what it started.

A server is ready when it has written a line with `ready` and its address. What it writes goes to a
temporary file and is shown when it does not come up. Each process is ended by its own id.
"""

from __future__ import annotations

import functools
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

ROOT = Path(__file__).resolve().parent.parent
START_DEADLINE = 60.0
STOP_DEADLINE = 10.0
LOOK = 0.005
"""Seconds between two looks at what a process that starts has written."""

READY = re.compile(rb"ready.*?127\.0\.0\.1:(\d+)")


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to start a server: its name in the tables, its command, what to add to its environment.

    One that does not say where it listens was told its `port`, and is ready when that one is open.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}
    port: int = 0


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server that runs, on 127.0.0.1."""

    name: str
    pid: int
    port: int


class ServerFailed(Exception):
    """A server did not come up; the message carries what it wrote."""


def python(name: str, module: str, *arguments: str) -> Recipe:
    """A server of this package."""
    return Recipe(name=name, command=(sys.executable, "-m", module, *arguments))


@contextmanager
def running(recipes: Sequence[Recipe]) -> Iterator[list[Server]]:
    """Start all of them at once, pin them to the servers' core, and end them in the end."""
    with ExitStack() as stack:
        started = [(recipe, *stack.enter_context(process_of(recipe))) for recipe in recipes]
        servers = [
            Server(
                name=recipe.name,
                pid=process.pid,
                port=_port(recipe, process, output),
            )
            for recipe, process, output in started
        ]
        for server in servers:
            pin(server.pid, cores()[0])
        yield servers


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@functools.cache
def cores() -> tuple[int, int]:
    """The core of the servers and the core of the generator; the same one if there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def pin_self() -> None:
    """Keep this process, which asks and waits, off the servers' core; what it starts inherits that."""
    os.sched_setaffinity(0, {cores()[1]})


def pin(pid: int, core: int) -> None:
    """Keep every thread of a process on one core; threads it starts later inherit that."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us; children inherit it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def process_of(recipe: Recipe) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A process that just began, and the file it writes to; ended by its handle."""
    environment: Mapping[str, str] = {**os.environ, **recipe.environment}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            recipe.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield process, output
        finally:
            process.terminate()
            try:
                process.wait(STOP_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(recipe: Recipe, process: subprocess.Popen[bytes], output: IO[bytes]) -> int:
    if not recipe.port:
        return int(written_by(recipe, process, output, READY)[1])
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", recipe.port)).close()
            return recipe.port
        time.sleep(LOOK)
    written = os.pread(output.fileno(), 1 << 16, 0)
    raise ServerFailed(f"{recipe.name} did not start:\n{written.decode(errors='replace')}")


def written_by(
    recipe: Recipe, process: subprocess.Popen[bytes], output: IO[bytes], line: re.Pattern[bytes]
) -> re.Match[bytes]:
    """Wait until a process has written such a line; ServerFailed with what it wrote instead."""
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        # pread, because the offset of the file is shared with the process that writes it.
        written = os.pread(output.fileno(), 1 << 16, 0)
        found = line.search(written)
        if found is not None:
            return found
        if process.poll() is not None:
            break
        time.sleep(LOOK)
    raise ServerFailed(f"{recipe.name} did not start:\n{written.decode(errors='replace')}")
