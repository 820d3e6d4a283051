"""A real redis-server of a bench's own: a unix socket in a directory that goes with it, nothing kept.

It runs on the generator's core, so that what matchd spends on its own core is matchd's.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench.processes import Recipe, cores, pin, process_of, written_by

_READY = re.compile(rb"eady to accept connections")


class RedisMissing(Exception):
    """There is no redis-server on this machine; the message says what to do."""


class RedisServer(msgspec.Struct, frozen=True):
    """A server that runs."""

    pid: int
    path: str

    @property
    def url(self) -> str:
        """Where it is, as `store.url` says it."""
        return f"unix://{self.path}"


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Start one, and end it in the end. RedisMissing without the program."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise RedisMissing("needs redis-server, which is not installed (apt install redis-server)")
    with tempfile.TemporaryDirectory(prefix="matchd-bench-") as directory:
        path = f"{directory}/redis.sock"
        command = (binary, "--port", "0", "--unixsocket", path, "--dir", directory)
        recipe = Recipe(name="Redis", command=(*command, "--save", "", "--appendonly", "no"))
        with process_of(recipe) as (process, output):
            written_by(recipe, process, output, _READY)
            pin(process.pid, cores()[1])
            yield RedisServer(process.pid, path)
