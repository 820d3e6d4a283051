"""L2 and U1 to U3: this machine and our unit on it, as far as they can be asked.

What can't be asked here (no systemd, no such unit, no right to) is left out, not guessed. Commands are
run without a shell and within PATIENCE.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import socket
import subprocess
from pathlib import Path

import trio

from matchd.config import Config
from matchd.doctor.findings import Finding, Severity

PATIENCE = 5.0
UNIT = "matchd.service"
TIMER = "matchd-probe.timer"
EXPOSURE = 1.0
SPARE = 512
"""File descriptors beside those of connections."""
ROOM = 100 << 20
"""Bytes that the data directory should have left."""

_BOOTED = Path("/run/systemd/system")
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_STRUCT_TIMEX = 512  # more than its 208 bytes, whatever the architecture


def is_here(address: str) -> bool:
    """Whether an address is one of this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def booted() -> bool:
    """Whether systemd runs this machine."""
    return _BOOTED.exists()


def check_clock_here() -> list[Finding]:
    """L2: whether the kernel knows its clock to be right."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_STRUCT_TIMEX))
    except (OSError, AttributeError):
        return []
    if state == _UNSYNCHRONISED:
        cause = "the clock of this machine is not synchronised; credentials carry its time"
        change = "timedatectl set-ntp true (or install chrony)"
        return [Finding("L2", Severity.WARN, "clock", cause, change)]
    return [Finding("L2", Severity.OK, "clock", "synchronised")] if state >= 0 else []


def check_data(config: Config) -> list[Finding]:
    """L2: whether there is room to write."""
    name = config.server.data_dir
    if config.store.backend != "embedded" or not name or not Path(name).is_dir():
        return []
    free = shutil.disk_usage(name).free
    if free < ROOM:
        cause = f"{free >> 20} MiB are left on its disk"
        return [Finding("L2", Severity.FAIL, name, cause, f"df -h {name}; make room")]
    return [Finding("L2", Severity.OK, name, f"{free >> 30} GiB are left on its disk")]


async def check_unit(config: Config) -> list[Finding]:
    """U1 to U3: whether the unit runs, may open as many sockets as it lets in, and is confined."""
    if not booted():
        return []
    names = "LoadState,ActiveState,UnitFileState,NeedDaemonReload,NRestarts,LimitNOFILE"
    said = await _output("systemctl", "show", UNIT, f"--property={names}")
    unit = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if unit.get("LoadState") != "loaded":
        return []
    timer = await _output("systemctl", "show", TIMER, "--property=ActiveState")
    return [
        *judge_unit(unit),
        *judge_timer(timer.strip(), config),
        *judge_limit(unit, config),
        *await _check_exposure(),
    ]


def judge_unit(unit: dict[str, str]) -> list[Finding]:
    """U1."""
    found = []
    if unit.get("ActiveState") != "active":
        cause = f"the service is {unit.get('ActiveState', 'not there')}"
        found.append(_about("U1", Severity.FAIL, cause, f"systemctl status {UNIT}"))
    if unit.get("UnitFileState") == "disabled":
        cause = "it does not start when the machine does"
        found.append(_about("U1", Severity.WARN, cause, f"systemctl enable {UNIT}"))
    if unit.get("NeedDaemonReload") == "yes":
        cause = "its files have changed, and systemd has not read them"
        found.append(_about("U1", Severity.WARN, cause, "systemctl daemon-reload"))
    if (restarts := unit.get("NRestarts", "0")) not in ("0", ""):
        cause = f"systemd had to restart it (count: {restarts})"
        found.append(_about("U1", Severity.WARN, cause, "journalctl -u matchd -p warning"))
    return found or [_about("U1", Severity.OK, "runs, and starts with the machine")]


def judge_timer(said: str, config: Config) -> list[Finding]:
    """U1, the probe: the service has no network to look at the TURN servers with."""
    if not config.turn.server or said == "ActiveState=active":
        return []
    cause = "nobody looks whether the TURN servers answer: dead ones stay in what players are told"
    change = f"systemctl enable --now {TIMER}"
    return [Finding("U1", Severity.WARN, TIMER, cause, change)]


def judge_limit(unit: dict[str, str], config: Config) -> list[Finding]:
    """U2."""
    limit, wanted = unit.get("LimitNOFILE", ""), config.server.max_connections + SPARE
    if limit.isdigit() and int(limit) < wanted:
        cause = f"LimitNOFILE={limit} is less than server.max_connections needs"
        change = f"systemctl edit {UNIT}: [Service] LimitNOFILE={wanted}; or fewer max_connections"
        return [_about("U2", Severity.WARN, cause, change)]
    return [_about("U2", Severity.OK, f"LimitNOFILE={limit}")]


async def _check_exposure() -> list[Finding]:
    said = await _output("systemd-analyze", "--no-pager", "security", UNIT)
    match = re.search(r"exposure level for \S+ ([0-9.]+)", said)
    if match is None:
        return []
    if float(match[1]) > EXPOSURE:
        cause = f"its exposure is {match[1]} (shipped: {EXPOSURE} or less)"
        return [_about("U3", Severity.WARN, cause, f"systemctl cat {UNIT}; see the drop-ins")]
    return [_about("U3", Severity.OK, f"its exposure is {match[1]}")]


def _about(name: str, severity: Severity, cause: str, change: str = "") -> Finding:
    return Finding(name, severity, UNIT, cause, change)


async def _output(*command: str) -> str:
    """What a command says, or nothing."""
    try:
        with trio.move_on_after(PATIENCE):
            done = await trio.run_process(
                list(command), capture_stdout=True, stderr=subprocess.DEVNULL, check=False
            )
            return done.stdout.decode(errors="replace")
    except OSError:
        pass
    return ""
