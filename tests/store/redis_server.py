"""A real redis-server for tests: Debian's, on a private unix socket and a free port of 127.0.0.1.

One per test session, in a directory of its own, without persistence unless asked; ended by its
process handle. Each test takes a fresh prefix, so nobody has to wait for another's FLUSHALL.
"""

from __future__ import annotations

import atexit
import itertools
import random
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

BINARY = "/usr/bin/redis-server"
_numbers = itertools.count(1)
_dice = random.SystemRandom()  # the shared one is seeded alike in every process by hypothesis


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody has now, from below those that connections are given."""
    while True:
        port = _dice.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class RedisServer:
    """One redis-server; `options` as on its command line, without the dashes. Tests log in by
    themselves: `password` is what `command` says first.
    """

    def __init__(self, password: str = "", **options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="matchd-redis-"))
        self.port = free_port()
        self.socket = self.directory / "redis.sock"
        self.options = {"save": "", "appendonly": "no", "maxmemory": "0"} | options
        if password:
            self.options |= {"requirepass": password, "masterauth": password}
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    @property
    def url(self) -> str:
        """The server by its unix socket."""
        return f"unix://{self.socket}"

    @property
    def tcp_url(self) -> str:
        """The server by its port."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers and has read what it keeps."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen([BINARY, *self.arguments()], stdout=subprocess.DEVNULL)
        # Another process can be waited for by looking only.
        for _ in range(3000):
            if self._answers():
                return
            time.sleep(0.01)
        self.remove()
        raise RuntimeError("redis-server does not answer")

    def arguments(self) -> list[str]:
        """The command line after the program's name."""
        arguments = ["--bind", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--dir", str(self.directory), "--unixsocket", str(self.socket)]
        for name, value in self.options.items():
            arguments += [f"--{name.replace('_', '-')}", value]
        return arguments

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: int) -> None:
        """Send it a signal (SIGSTOP, SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(number)

    def remove(self) -> None:
        """End it and remove its directory."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *words: str | bytes) -> bytes:
        """Run one command on a connection of its own; the raw reply (RESP)."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.socket))
            if self.password:
                line.sendall(_packed("AUTH", self.password))
                line.recv(64)
            line.sendall(_packed(*words))
            return line.recv(1 << 20)

    def _answers(self) -> bool:
        try:
            reply = self.command("PING")
        except OSError:
            return False
        return reply != b"" and not reply.startswith(b"-LOADING")


def _packed(*words: str | bytes) -> bytes:
    parts = [word if isinstance(word, bytes) else word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


@cache
def shared() -> RedisServer:
    """The server of this test session; ended when the session ends."""
    server = RedisServer()
    server.start()
    atexit.register(server.remove)
    return server


def fresh_prefix() -> str:
    """A prefix that no test of this session has used."""
    return f"t{next(_numbers)}"
