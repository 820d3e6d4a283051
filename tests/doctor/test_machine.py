"""Our unit and this machine, as far as they can be asked."""

import ctypes
from pathlib import Path

import pytest

from matchd.config.schema import Config, Server, Turn, TurnServer
from matchd.doctor import machine
from matchd.doctor.machine import (
    check_data,
    check_unit,
    is_here,
    judge_limit,
    judge_timer,
    judge_unit,
)
from tests.doctor.house import Found

FINE = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "NeedDaemonReload": "no",
    "NRestarts": "0",
    "LimitNOFILE": "65536",
}


def test_fine_unit() -> None:
    """A unit that runs, starts with the machine and may open enough is fine."""
    assert Found([*judge_unit(FINE), *judge_limit(FINE, Config())]).bad == set()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ActiveState": "failed"}, "systemctl status matchd.service"),
        ({"UnitFileState": "disabled"}, "systemctl enable matchd.service"),
        ({"NeedDaemonReload": "yes"}, "systemctl daemon-reload"),
        ({"NRestarts": "3"}, "journalctl -u matchd"),
        ({"LimitNOFILE": "1024"}, "LimitNOFILE=50512"),
    ],
)
def test_unit_with_a_fault(changed: dict[str, str], said: str) -> None:
    """Each fault comes with the command that shows or mends it."""
    unit = FINE | changed
    found = [one for one in (*judge_unit(unit), *judge_limit(unit, Config())) if one.change]
    assert len(found) == 1
    assert said in found[0].change


def test_timer_of_the_probe() -> None:
    """A timer that does not run is named, where there are TURN servers to look at."""
    config = Config(turn=Turn(server=(TurnServer(name="eu-1", host="h"),)))
    assert judge_timer("ActiveState=active", config) == []
    assert judge_timer("ActiveState=inactive", Config()) == []
    [finding] = judge_timer("ActiveState=inactive", config)
    assert finding.change == "systemctl enable --now matchd-probe.timer"


async def test_unit_on_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What systemctl and systemd-analyze say is read; without systemd nothing is said."""
    shown = "\n".join(f"{key}={value}" for key, value in FINE.items())
    answers = {
        "systemctl": shown,
        "systemd-analyze": "Overall exposure level for x.service: 4.2 OK",
    }

    async def output(*command: str) -> str:
        return answers[command[0]]

    monkeypatch.setattr(machine, "_output", output)
    monkeypatch.setattr(machine, "booted", lambda: True)
    found = Found(await check_unit(Config()))
    assert found.bad == {"U3"}
    assert "its exposure is 4.2" in found.said("U3")
    answers["systemctl"] = "LoadState=not-found\n"
    assert await check_unit(Config()) == []
    monkeypatch.setattr(machine, "booted", lambda: False)
    assert await check_unit(Config()) == []


def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is nearly full is a failure."""
    config = Config(server=Server(data_dir=str(tmp_path)))
    assert Found(check_data(config)).bad == set()
    monkeypatch.setattr(machine, "ROOM", 1 << 60)
    assert Found(check_data(config)).bad == {"L2"}


def test_clock_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel is asked whether its clock is right, and nothing is made up where it can't be."""

    class Kernel:
        state = 5

        def adjtimex(self, _: object) -> int:
            return self.state

    kernel = Kernel()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: kernel)
    assert Found(machine.check_clock_here()).bad == {"L2"}
    kernel.state = 0
    assert Found(machine.check_clock_here()).bad == set()
    kernel.state = -1
    assert machine.check_clock_here() == []


def test_addresses_of_this_machine() -> None:
    """Loopback is here, an address of documentation is not."""
    assert is_here("127.0.0.1")
    assert not is_here("192.0.2.1")
