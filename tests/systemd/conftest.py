"""A machine on which the shipped units are installed."""

import shutil
from pathlib import Path

import pytest

from tests.systemd.house import SHIPPED, UNITS, Machine

# Units that ours refer to, and programs that they start.
NEIGHBOURS = ("sysinit", "basic", "shutdown", "sockets", "network", "network-online", "multi-user")
PROGRAMS = ("usr/bin/matchd", "bin/kill")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A root with the units, stand-ins for what they refer to, and no drop-in."""
    made = Machine(tmp_path)
    made.units.mkdir(parents=True)
    for name in UNITS:
        shutil.copy(SHIPPED / name, made.units)
    for name in NEIGHBOURS:
        (made.units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n", "utf-8")
    for name in PROGRAMS:
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch(mode=0o755)
    return made
