"""How the daemon learns which TURN servers are well: from `matchd probe`, which it may not be itself.

Where systemd runs the probe (`matchd-probe.timer`), the unit names its file in MATCHD_PROBE_FILE, and
the daemon, which has no network to look with, reads that. Elsewhere it runs a child process every
`turn.probe` seconds and reads what it prints.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import trio

from matchd.log import get_logger
from matchd.services.core import Core
from matchd.services.rooms import RoomService
from matchd.services.turn_health import TurnHealth
from matchd.turn.health import ProbeReport

_log = get_logger()

FILE = "MATCHD_PROBE_FILE"
GLANCE = 5.0
"""Seconds between two looks at the file."""
FIRST = 15.0
"""Seconds until the first child at most: what is not probed counts as well."""
PATIENCE = 60.0
"""Seconds that a child may take."""


async def watch_turn(core: Core, rooms: RoomService, config: Path | None) -> None:
    """Follow the probe; tell open sockets when what they should use has changed."""
    health = TurnHealth(core.current, core.clock, core.metrics)
    watch = _Watch(core, health, rooms)
    file = os.environ.get(FILE)
    if file:
        await watch.read(Path(file))
    elif config is not None:
        await watch.run(config)


class _Watch:
    """One way of learning or the other; `_failed` is whether the last try was in vain."""

    def __init__(self, core: Core, health: TurnHealth, rooms: RoomService) -> None:
        self._current = core.current
        self._health = health
        self._rooms = rooms
        self._failed = False

    async def read(self, path: Path) -> None:
        """Take in what a probe writes."""
        while True:
            self._take(_contents(path))
            await trio.sleep(GLANCE)

    async def run(self, config: Path) -> None:
        """Probe by a child process."""
        command = [sys.executable, "-m", "matchd", "probe", "--config", str(config)]
        wait = FIRST
        while True:
            interval = self._current.settings.turn_probe
            await trio.sleep(min(wait, interval) or FIRST)
            wait = interval
            if interval and self._current.settings.turn.servers:
                self._take(await _said(command))

    def _take(self, said: bytes | str) -> None:
        """A report, or why there is none: which is logged once."""
        failure = said if isinstance(said, str) else ""
        changed = False
        if isinstance(said, bytes):
            try:
                changed = self._health.take(ProbeReport.decode(said))
            except ValueError as error:
                failure = f"not a report: {error}"
        if failure and not self._failed:
            _log.warning("turn.no_probe", reason=failure, effect="every server counts as healthy")
        self._failed = bool(failure)
        if changed or self._health.age():
            self._rooms.renew()


def _contents(path: Path) -> bytes | str:
    try:
        return path.read_bytes()
    except OSError as error:
        return f"{path}: {error.strerror} (is matchd-probe.timer enabled?)"


async def _said(command: list[str]) -> bytes | str:
    with trio.move_on_after(PATIENCE):
        done = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
        if done.returncode == 0:
            return done.stdout
        lines = done.stderr.decode(errors="replace").splitlines()
        return lines[-1] if lines else f"matchd probe ended with {done.returncode}"
    return f"matchd probe took more than {PATIENCE:g} s"
