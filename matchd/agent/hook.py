"""One run of the command, for one match: a process group of its own, ended with the match.

Rules: the command gets our environment without what is secret in it, and the match in `MATCHD_…`;
nothing to read; our own output to write to. That it fails, or can't be started, is logged and ends
nothing. It has to stay in the foreground: what it leaves behind when it ends by itself is not ours.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

import msgspec
import trio

from matchd.agent.settings import SECRET_VARIABLE
from matchd.domain.ids import BookingId, PeerId
from matchd.log import get_logger

_log = get_logger()

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""

_OURS = frozenset(
    {
        SECRET_VARIABLE,
        "CREDENTIALS_DIRECTORY",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "LISTEN_FDS",
        "LISTEN_PID",
        "LISTEN_FDNAMES",
    }
)


class Hook(msgspec.Struct, frozen=True):
    """The command, and what stands in its environment for every match."""

    command: tuple[str, ...]
    fixed: dict[str, str]

    def environment(
        self, environ: Mapping[str, str], booking_id: BookingId, peer: PeerId | None
    ) -> dict[str, str]:
        """What a run for this match finds in its environment."""
        kept = {name: value for name, value in environ.items() if name not in _OURS}
        return kept | self.fixed | {"MATCHD_BOOKING_ID": booking_id, "MATCHD_PEER": peer or ""}

    async def run(self, booking_id: BookingId, peer: PeerId | None) -> None:
        """Run to the end, or until cancelled."""
        try:
            process = await trio.lowlevel.open_process(
                list(self.command),
                env=self.environment(os.environ, booking_id, peer),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            _log.error("hook.failed", booking=booking_id, reason=str(error))
            return
        _log.info("hook.started", booking=booking_id, pid=process.pid)
        try:
            await process.wait()
        finally:
            by_itself = process.poll() is not None
            with trio.move_on_after(2 * GRACE, shield=True):
                await _end(process)
            if by_itself and process.returncode:
                _log.warning("hook.failed", booking=booking_id, status=process.returncode)
            else:
                _log.info("hook.ended", booking=booking_id)


async def _end(process: trio.Process) -> None:
    """End the process and what it has started, politely and then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with trio.move_on_after(GRACE):
            await process.wait()
