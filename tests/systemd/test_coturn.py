"""The drop-in for Debian's coturn, as systemd reads and scores it with the unit that it is for."""

import re
import shutil
from pathlib import Path

import pytest

from tests.systemd.house import SHIPPED, Machine

UNIT = Path("/lib/systemd/system/coturn.service")
DROP_IN = SHIPPED / "drop-ins/coturn.conf"


@pytest.fixture
def relay(machine: Machine) -> Machine:
    """A machine with Debian's coturn and its unit."""
    if not UNIT.exists():
        pytest.fail("coturn.service is missing: install the package coturn (apt install coturn)")
    shutil.copy(UNIT, machine.units)
    (machine.root / "usr/bin/turnserver").touch(mode=0o755)
    return machine


def add(machine: Machine, text: str) -> None:
    """Install the drop-in."""
    directory = machine.units / "coturn.service.d"
    directory.mkdir()
    (directory / "matchd.conf").write_text(text, "utf-8")


async def test_exposure_is_pinned(relay: Machine) -> None:
    """coturn is exposed at 9.0 as Debian ships it, and at 1.2 with the drop-in."""
    assert "9.0 UNSAFE" in await relay.report_above(89, "coturn.service")
    add(relay, DROP_IN.read_text("utf-8"))
    assert await relay.report_above(12, "coturn.service") == ""


@pytest.mark.parametrize("uncommented", [False, True])
async def test_it_is_valid(relay: Machine, uncommented: bool) -> None:
    """It loads without a word about it, also with the settings that it offers."""
    text = DROP_IN.read_text("utf-8")
    add(relay, re.sub(r"(?m)^#(?=[A-Z]\w+=)", "", text) if uncommented else text)
    complaints = await relay.complaints("coturn.service")
    assert [line for line in complaints if "matchd.conf" in line] == []


def test_it_says_how_to_install_it() -> None:
    """It carries the command that installs it, which a purge of the package looks for."""
    command = "install -Dm644 coturn.conf /etc/systemd/system/coturn.service.d/matchd.conf"
    assert command in DROP_IN.read_text("utf-8")
