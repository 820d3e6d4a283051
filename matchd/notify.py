"""Tells systemd how we are: sd_notify(3) over its datagram socket. Without one, does nothing.

Used by `daemon` only. The states are READY, RELOADING, STOPPING, WATCHDOG and STATUS.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """The way to the service manager, if one has asked to be told."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog = int(environ.get("WATCHDOG_USEC", "0")) / 1e6 if mine else 0.0
        """Seconds within which systemd wants a sign of life; 0 when it wants none."""

    def ready(self, status: str) -> None:
        """Started, or reloaded."""
        self._send(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """Reading the configuration again (the time is for Type=notify-reload)."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """Draining."""
        self._send(f"STOPPING=1\nSTATUS={status}")

    def alive(self) -> None:
        """A sign of life from the main loop."""
        self._send("WATCHDOG=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        # The manager being away is no reason for us to fail.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, suppress(OSError):
            sock.sendto(state.encode(), self._address)
