"""The installed daemon as a process: `async with site.daemon() as daemon`.

Owns `Site`, the files of `files` and the processes on them, and `Daemon`, one run. The guard
(`Site.check`, called by the `site` fixture after every test) reads all logs: every line is one JSON
event, none is a fault, and none holds a secret, grant, token or credential that was made on the site
or received by a client. Only tests import this module.
"""

import json
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from tests.daemon.clients import PATIENCE, Answer, Http, Json, Signaling, signaling
from tests.daemon.coturn import HOST
from tests.daemon.files import Files, toml

COMMAND = (sys.executable, "-m", "matchd", "serve")


class Log:
    """What one process said so far, as events."""

    def __init__(self) -> None:
        self.text = ""
        self.events: list[Json] = []
        self.ended = False
        self._rest = ""
        self._changed = trio.Event()

    async def read(self, stream: trio.abc.ReceiveStream) -> None:
        """Follow the process to its end."""
        async for chunk in stream:
            self.take(chunk.decode())
        self.ended = True
        self._announce()

    def take(self, text: str) -> None:
        """Add what was said; wakes whoever waits for it."""
        self.text += text
        *lines, self._rest = (self._rest + text).split("\n")
        self.events += [_event(line) for line in lines]
        self._announce()

    def named(self, event: str) -> list[Json]:
        """All events of this name."""
        return [entry for entry in self.events if entry["event"] == event]

    async def until(self, event: str, times: int = 1, patience: float = PATIENCE) -> Json:
        """Wait for the `times`-th event of this name; AssertionError with the log otherwise."""
        with trio.move_on_after(patience):
            await trio.lowlevel.checkpoint()
            while len(self.named(event)) < times and not self.ended:
                await self._changed.wait()
        assert len(self.named(event)) >= times, f"no {event} in the log:\n{self.text}"
        return self.named(event)[times - 1]

    def _announce(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


def _event(line: str) -> Json:
    """Read a line; one that is no event becomes an event that the guard refuses."""
    try:
        entry: Json = json.loads(line)
    except json.JSONDecodeError:
        return {"event": "not.json", "line": line}
    return entry


class Daemon:
    """One running daemon. `listen` is where it said that it listens."""

    def __init__(self, site: Files, process: trio.Process, log: Log) -> None:
        self.site = site
        self.process = process
        self.log = log
        self.tls: ssl.SSLContext | None = None
        self.listen = ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def reload(self, outcome: str = "config.reloaded") -> Json:
        """Send SIGHUP and wait for what the log says of it."""
        times = len(self.log.named(outcome)) + 1
        self.signal(signal.SIGHUP)
        return await self.log.until(outcome, times)

    def trust(self) -> None:
        """Trust the certificate that the site has now."""
        self.tls = ssl.create_default_context(cafile=self.site.config["server"]["tls_certificate"])

    async def stopped(self) -> int:
        """Wait for the end and return the exit status."""
        with trio.fail_after(PATIENCE):
            return await self.process.wait()

    async def connect(self, source: str | None = None) -> trio.abc.Stream:
        """Open a connection to the daemon, from the loopback address `source` if given."""
        if self.listen.startswith("unix:"):
            return await trio.open_unix_socket(self.listen.removeprefix("unix:"))
        host, _, port = self.listen.rpartition(":")
        stream = await trio.open_tcp_stream(host, int(port), local_address=source)
        if self.tls is None:
            return stream
        return trio.SSLStream(stream, self.tls, server_hostname=HOST, https_compatible=True)

    @asynccontextmanager
    async def http(self, source: str | None = None) -> AsyncIterator[Http]:
        """Open a connection for requests."""
        stream = await self.connect(source)
        try:
            yield Http(stream, self.site.learn)
        finally:
            await trio.aclose_forcefully(stream)

    async def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        bearer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once, on a connection of its own."""
        async with self.http() as http:
            return await http.ask(method, target, body, bearer=bearer, headers=headers)

    @asynccontextmanager
    async def signaling(
        self,
        target: str,
        *,
        bearer: str | None = None,
        origin: str | None = None,
        source: str | None = None,
    ) -> AsyncIterator[Signaling]:
        """Open a WebSocket; `target` is a path, or a URL whose origin is the site's."""
        stream = await self.connect(source)
        path = target.removeprefix(self.site.ws_url)
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        if origin is not None:
            headers["Origin"] = origin
        try:
            async with signaling(stream, path, self.site.learn, headers) as socket:
                yield socket
        finally:
            await trio.aclose_forcefully(stream)

    async def beat(self, host: str = "pc-1", room: str = "room-1", **fields: Any) -> Json:
        """Send a heartbeat that must succeed."""
        body = {"hostId": host, "roomId": room, **fields}
        answer = await self.ask(
            "POST", "/api/host/heartbeat", body, bearer=self.site.secret("host_secret")
        )
        assert answer.status == 200, answer
        beaten: Json = answer.json()
        return beaten

    async def find(self, body: Json | None = None, *, key: str | None = None) -> Json:
        """Find a match that must be there."""
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.ask("POST", "/api/match/find", body or {}, headers=headers)
        assert answer.status == 200, answer
        found: Json = answer.json()
        return found


class Site(Files):
    """The files of a daemon, and the processes that run on them."""

    def __init__(self, directory: Path, scheme: str = "http") -> None:
        super().__init__(directory, scheme)
        self.logs: list[Log] = []

    @asynccontextmanager
    async def daemon(
        self,
        *options: str,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        config: bool = True,
        patience: float = PATIENCE,
    ) -> AsyncIterator[Daemon]:
        """Run a daemon from its readiness to the end of the body, where it must stop with 0."""
        self.write()
        named = ("--config", str(self.path)) if config else ()
        process = await trio.lowlevel.open_process(
            [*command, *named, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(env or {}),
            pass_fds=pass_fds,
        )
        assert process.stdout is not None
        log = Log()
        self.logs.append(log)
        daemon = Daemon(self, process, log)
        try:
            # The log is followed by a task beside the test's own.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(log.read, process.stdout)
                if self.url.startswith("https:"):
                    daemon.trust()
                daemon.listen = (await log.until("daemon.ready", patience=patience))["listen"][0]
                yield daemon
                if process.poll() is None:
                    daemon.signal(signal.SIGTERM)
                    assert await daemon.stopped() == 0
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()

    async def refused(
        self, *options: str, data: Path | None = None, command: Sequence[str] = COMMAND
    ) -> tuple[int, str]:
        """Run a daemon that does not start; return its exit status and what it said.

        `data` gives it a data directory of its own.
        """
        path = self.path
        if data is not None:
            path = self.directory / "refused.toml"
            path.write_text(
                toml({**self.config, "server": self.config["server"] | {"data_dir": str(data)}})
            )
        with trio.fail_after(PATIENCE):
            done = await trio.run_process(
                [*command, "--config", str(path), *options],
                capture_stdout=True,
                stderr=subprocess.STDOUT,
                check=False,
                env=environment({}),
            )
        return done.returncode, done.stdout.decode()

    def check(self) -> None:
        """Refuse faults, lines that are no events, and secrets in the log."""
        for log in self.logs:
            bad = [e for e in log.events if e["event"].endswith(".fault") or "line" in e]
            assert not bad, "\n".join(str(value) for entry in bad for value in entry.values())
            leaked = [value for value in self.known if value in log.text]
            assert not leaked, f"{leaked} in the log:\n{log.text}"


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Make what a service manager passes on; the guard refuses the warnings that are asked for."""
    return {"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "default", **extra}
