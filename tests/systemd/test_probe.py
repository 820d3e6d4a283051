"""The timer that looks at the TURN servers, beside a service that can't."""

import shutil

import pytest

from tests.systemd.house import SHIPPED, Machine, settings

PROBE = ("matchd-probe.service", "matchd-probe.timer")
FILE = "/run/matchd-probe/turn.json"


@pytest.fixture
def timed(machine: Machine) -> Machine:
    """A machine with the timer."""
    for name in PROBE:
        shutil.copy(SHIPPED / name, machine.units)
    timers = machine.units / "timers.target"
    timers.write_text("[Unit]\nDescription=timers\n", "utf-8")
    return machine


@pytest.mark.parametrize("unit", PROBE)
async def test_unit_is_valid(timed: Machine, unit: str) -> None:
    """Each unit loads without a word of complaint."""
    assert await timed.complaints(unit) == []


async def test_exposure_is_pinned(timed: Machine) -> None:
    """It has the network, which is what it is for, and little else."""
    assert await timed.report_above(15, "matchd-probe.service") == ""


def test_the_service_reads_what_it_writes() -> None:
    """Both services name the file that the probe writes, in a directory of its own that stays."""
    [command] = settings("matchd-probe.service", "ExecStart")
    assert command.endswith(f"--write {FILE}")
    for unit in ("matchd.service", "matchd@.service"):
        assert settings(unit, "Environment") == [f"MATCHD_PROBE_FILE={FILE}"]
        assert settings(unit, "User") == settings("matchd-probe.service", "User")
    assert settings("matchd-probe.service", "RuntimeDirectory") == ["matchd-probe"]
    assert settings("matchd-probe.service", "RuntimeDirectoryPreserve") == ["yes"]


def test_hardening_is_that_of_the_service() -> None:
    """Whatever confines the service confines the probe, but for the network."""
    lines = {
        name: (SHIPPED / name).read_text("utf-8").split("# Hardening")[1].splitlines()[1:]
        for name in ("matchd.service", "matchd-probe.service")
    }
    probe = [line for line in lines["matchd-probe.service"] if line]
    assert probe == [line for line in lines["matchd.service"] if line][: len(probe)]
