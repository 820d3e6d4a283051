"""What the tests of the shipped units share: their settings, and a machine on which they are installed.

Everything is laid out below a temporary root, so nothing of the machine that runs the tests is read or
changed. Only tests import this module.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

SHIPPED = Path(__file__).parents[2] / "systemd"
UNITS = ("matchd.service", "matchd.socket", "matchd@.service", "matchd.target")


async def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run one of systemd's tools; its absence fails the test with the package to install."""
    if shutil.which(tool) is None:
        pytest.fail(f"{tool} is missing: install the package systemd (apt install systemd)")
    with trio.fail_after(60):
        return await trio.run_process(
            [tool, *arguments],
            check=False,
            capture_stdout=True,
            capture_stderr=True,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
        )


def settings(name: str, key: str) -> list[str]:
    """Every value given to `key` in one shipped file, in order."""
    pairs = (line.partition("=") for line in (SHIPPED / name).read_text("utf-8").splitlines())
    return [value for found, _, value in pairs if found == key]


def effective(key: str, *drop_ins: str) -> list[str]:
    """The values of a list setting of the service; an empty one resets it (systemd.unit(5))."""
    values: list[str] = []
    for name in ("matchd.service", *(f"drop-ins/{drop_in}.conf" for drop_in in drop_ins)):
        for value in settings(name, key):
            values = [*values, value] if value else []
    return values


@dataclass(frozen=True)
class Machine:
    """A file tree on which matchd's units are installed as its README says."""

    root: Path

    @property
    def units(self) -> Path:
        """Where an admin's units live below this root."""
        return self.root / "etc/systemd/system"

    def add(self, name: str, text: str) -> None:
        """Install one drop-in of matchd.service."""
        directory = self.units / "matchd.service.d"
        directory.mkdir(exist_ok=True)
        (directory / f"{name}.conf").write_text(text, "utf-8")

    def add_shipped(self, *names: str) -> None:
        """Install drop-ins as they are shipped."""
        for name in names:
            self.add(name, (SHIPPED / f"drop-ins/{name}.conf").read_text("utf-8"))

    async def complaints(self, unit: str) -> list[str]:
        """What `systemd-analyze verify` says; an exit status is a complaint too."""
        done = await run("systemd-analyze", "verify", f"--root={self.root}", unit)
        lines = (done.stdout + done.stderr).decode().splitlines()
        return lines if lines or not done.returncode else [f"exit status {done.returncode}"]

    async def report_above(self, tenths: int, unit: str = "matchd.service") -> str:
        """Empty if the service's exposure is at most `tenths` of a point, else the report."""
        limit = f"--threshold={tenths}"
        where = ("--no-pager", "--offline=yes", f"--root={self.root}", unit)
        done = await run("systemd-analyze", "security", limit, *where)
        return (done.stdout + done.stderr).decode() if done.returncode else ""
