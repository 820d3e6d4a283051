"""The shipped units, as systemd itself reads and scores them.

Owns the proof of `systemd/`: that every unit and drop-in loads without a warning, that the exposure
scores stay where they are pinned, and that the settings other parts of matchd rely on (exit status,
watchdog, drain, reload) are there. Nobody imports it.
"""

import os
import re
from pathlib import Path

import pytest

from tests.systemd.house import SHIPPED, Machine, effective, run, settings

DROP_INS = ("notify-reload", "public", "socket", "tcp-redis")
CHECK = "/usr/bin/matchd check --config /etc/matchd/matchd.toml"
SERVE = "/usr/bin/matchd serve --config /etc/matchd/matchd.toml"
# Seconds, defaults of the daemon: the drain (`shutdown.drain`) and what HTTP gets after it.
DRAIN, GRACEFUL = 5, 2


@pytest.mark.parametrize(
    "unit", ["matchd.service", "matchd.socket", "matchd@1.service", "matchd.target"]
)
async def test_unit_is_valid(machine: Machine, unit: str) -> None:
    """Each unit loads without a word of complaint."""
    assert await machine.complaints(unit) == []


async def test_verify_sees_a_mistake(machine: Machine) -> None:
    """A misspelt setting is seen, so the checks for silence can fail."""
    machine.add("typo", "[Service]\nProtectHom=yes\n")
    assert "ProtectHom" in "\n".join(await machine.complaints("matchd.service"))


@pytest.mark.parametrize("name", DROP_INS)
async def test_drop_in_is_valid(machine: Machine, name: str) -> None:
    """Each drop-in loads without complaint, save the type that only systemd 253 knows."""
    machine.add_shipped(name)
    complaints = await machine.complaints("matchd.service")
    assert [line for line in complaints if not line.endswith("ignoring: notify-reload")] == []


@pytest.mark.parametrize("name", DROP_INS)
async def test_commented_settings_are_valid(machine: Machine, name: str) -> None:
    """A setting that a drop-in offers in a comment is valid once it is uncommented."""
    shipped = (SHIPPED / f"drop-ins/{name}.conf").read_text("utf-8")
    machine.add(name, re.sub(r"(?m)^#(?=[A-Z]\w+=)", "", shipped))
    complaints = await machine.complaints("matchd.service")
    assert [line for line in complaints if not line.endswith("ignoring: notify-reload")] == []


@pytest.mark.parametrize(
    ("drop_ins", "tenths"),
    [
        ((), 10),
        (("socket",), 3),
        (("public",), 12),
        (("tcp-redis",), 10),
        (("socket", "tcp-redis"), 10),
        (("public", "tcp-redis"), 12),
    ],
)
async def test_exposure_is_pinned(machine: Machine, drop_ins: tuple[str, ...], tenths: int) -> None:
    """No profile is more exposed than it was when it was written."""
    machine.add_shipped(*drop_ins)
    assert await machine.report_above(tenths) == ""


async def test_remote_redis_costs_a_tenth(machine: Machine) -> None:
    """Allowing the address of a remote Redis lifts the service to 1.1."""
    machine.add_shipped("tcp-redis")
    machine.add("tcp-redis-address", "[Service]\nIPAddressAllow=192.0.2.10\n")
    assert await machine.report_above(11) == ""


async def test_exposure_sees_a_loss(machine: Machine) -> None:
    """A protection that is lost lifts the service over its pin."""
    machine.add("weaker", "[Service]\nNoNewPrivileges=no\n")
    assert "NoNewPrivileges" in await machine.report_above(10)


@pytest.mark.parametrize("name", DROP_INS)
def test_drop_in_says_how_to_install_it(name: str) -> None:
    """Each drop-in carries the command that installs it."""
    command = f"install -Dm644 {name}.conf /etc/systemd/system/matchd.service.d/{name}.conf"
    assert command in (SHIPPED / f"drop-ins/{name}.conf").read_text("utf-8")


def test_no_drop_in_applies_by_itself() -> None:
    """Drop-ins are shipped where systemd does not look for them, and all of them are tested."""
    assert not list(SHIPPED.rglob("*.d"))
    assert {path.stem for path in SHIPPED.rglob("*.conf")} == {*DROP_INS, "coturn"}


def test_configuration_error_is_final() -> None:
    """Exit status 2, a configuration error, is not retried; any other failure is."""
    assert settings("matchd.service", "RestartPreventExitStatus") == ["2"]
    assert settings("matchd.service", "Restart") == ["on-failure"]


def test_service_reports_for_itself() -> None:
    """The main process says that it is ready, and a silent one is replaced after 30 s."""
    assert settings("matchd.service", "Type") == ["notify"]
    assert settings("matchd.service", "NotifyAccess") == ["main"]
    assert settings("matchd.service", "WatchdogSec") == ["30"]


def test_stop_outlasts_the_drain() -> None:
    """systemd waits longer than the default drain takes before it kills."""
    (seconds,) = settings("matchd.service", "TimeoutStopSec")
    assert int(seconds) > DRAIN + GRACEFUL


def test_reload_checks_first() -> None:
    """A reload checks the configuration before it signals the daemon."""
    assert effective("ExecReload") == [CHECK, "/bin/kill -HUP $MAINPID"]


def test_notify_reload_leaves_the_signal_to_systemd() -> None:
    """With notify-reload the daemon is signalled once: by systemd, not by a command as well."""
    assert effective("ExecReload", "notify-reload") == [CHECK]


def test_service_listens_by_itself() -> None:
    """Alone, the service takes its address from the configuration and sees only loopback."""
    assert effective("ExecStart") == [SERVE]
    assert effective("IPAddressDeny") == ["any"]
    assert effective("IPAddressAllow") == ["localhost"]


def test_socket_profile_has_no_network() -> None:
    """Socket-activated, the service adopts its listener and can open no Internet socket."""
    assert effective("ExecStart", "socket") == [f"{SERVE} --listen fd://"]
    assert effective("RestrictAddressFamilies", "socket") == ["AF_UNIX"]
    assert effective("PrivateNetwork", "socket") == ["yes"]
    assert settings("drop-ins/socket.conf", "Requires") == ["matchd.socket"]


def test_tcp_redis_opens_what_socket_closed() -> None:
    """With both drop-ins (systemd applies them by name) the service has a network again."""
    both = ("socket", "tcp-redis")
    assert effective("RestrictAddressFamilies", *both) == ["AF_INET AF_INET6 AF_UNIX"]
    assert effective("PrivateNetwork", *both)[-1] == "no"
    assert effective("ExecStart", *both) == [f"{SERVE} --listen fd://"]


def test_public_lifts_the_filter() -> None:
    """A public listener has no IP filter, and still no capability unless it is uncommented."""
    assert effective("IPAddressDeny", "public") == []
    assert effective("IPAddressAllow", "public") == []
    assert effective("CapabilityBoundingSet", "public") == []


async def test_user_is_created(tmp_path: Path) -> None:
    """The sysusers file makes the user and group that the service runs as."""
    given = str(SHIPPED / "matchd.sysusers")
    done = await run("systemd-sysusers", "--dry-run", f"--root={tmp_path}", given)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0
    assert "Would create group 'matchd'" in said or "Creating group 'matchd'" in said
    assert settings("matchd.service", "User") == settings("matchd.service", "Group") == ["matchd"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another owner")
async def test_directories_are_private(tmp_path: Path) -> None:
    """The tmpfiles file keeps configuration and secrets to root and the service."""
    secret = tmp_path / "etc/matchd/secrets/turn"
    secret.parent.mkdir(parents=True)
    secret.touch(mode=0o600)
    (tmp_path / "etc/passwd").write_text("matchd:x:4711:4711::/:/bin/false\n", "utf-8")
    (tmp_path / "etc/group").write_text("matchd:x:4711:\n", "utf-8")
    rules = str(SHIPPED / "matchd.tmpfiles")
    done = await run("systemd-tmpfiles", "--create", f"--root={tmp_path}", rules)
    assert (done.returncode, done.stderr) == (0, b"")
    found = []
    for path in (secret, secret.parent, tmp_path / "etc/matchd", tmp_path / "var/lib/matchd"):
        status = path.stat()
        found.append((oct(status.st_mode & 0o7777), status.st_uid, status.st_gid))
    assert found == [
        ("0o640", 0, 4711),
        ("0o750", 0, 4711),
        ("0o750", 0, 4711),
        ("0o700", 4711, 4711),
    ]
