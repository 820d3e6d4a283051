"""`matchd check`: refuses what can't be used, and names what deserves a look."""

import pwd
from pathlib import Path

import pytest

from tests.cli.commands import Run
from tests.config.house import MINIMAL, SECRET, TURN, furnish, put

QUIET = f'{MINIMAL}trusted_proxies = ["127.0.0.1"]\ndata_dir = "%s"\n{TURN}'
Warnings = list[str]


def check(run: Run, path: Path) -> Warnings:
    """Check a file that can be used; the warnings, without their first word."""
    result = run("check", "--config", path)
    assert (result.status, result.err) == (0, "")
    first, *rest = result.out.splitlines()
    assert first == f"ok: {path}"
    assert all(line.startswith("warning: ") for line in rest)
    return [line.removeprefix("warning: ") for line in rest]


def test_nothing_to_say(run: Run, tmp_path: Path) -> None:
    """A sound configuration gives one line."""
    assert check(run, furnish(tmp_path, QUIET % tmp_path)) == []


HINTS = {
    MINIMAL.replace("https", "http"): 'server.public_url = "http://play.example.net": tokens and ',
    'server.public_url = "https://box"': 'server.public_url = "https://box": a name without a ',
    'server.public_url = "http://127.0.0.1:8080"': 'server.public_url = "http://127.0.0.1:8080": '
    "only this machine",
    MINIMAL + TURN.replace("turn.example.net", "::1"): 'turn.server[0].host = "::1": only this',
    MINIMAL: "turn.server: there is none; players behind strict NATs",
    MINIMAL + TURN + "weight = 0": "turn.server: every weight is 0",
    MINIMAL + TURN: "server.trusted_proxies: the proxy that speaks TLS",
    MINIMAL + "data_dir = ''": 'server.data_dir = "": a restart forgets',
    MINIMAL + "data_dir = '/nowhere/x'": 'server.data_dir = "/nowhere/x": does not exist yet',
    MINIMAL + "data_dir = '/etc/passwd'": 'server.data_dir = "/etc/passwd": not a directory',
    MINIMAL + "drain = 60": "server.drain = 60: systemd kills the service 45 s after a stop; "
    "`systemctl edit matchd` and set TimeoutStopSec=66",
}


@pytest.mark.parametrize(("text", "expected"), HINTS.items(), ids=list(HINTS.values()))
def test_hints(run: Run, tmp_path: Path, text: str, expected: str) -> None:
    """Each thing that deserves a look is named by its key."""
    found = check(run, furnish(tmp_path, text))
    assert [hint for hint in found if hint.startswith(expected)]


def test_a_rotation_in_progress(run: Run, tmp_path: Path) -> None:
    """Secret files with several lines are mentioned, with what to do when it is over."""
    path = furnish(tmp_path, QUIET % tmp_path)
    for name in ("host_secret", "turn"):
        put(tmp_path / "secrets" / name, f"{SECRET}-new\n{SECRET}\n")
    hosts, turn = check(run, path)
    assert hosts.startswith('hosts.secret_file = "host_secret": holds 2 secrets, a rotation in')
    assert turn.startswith('turn.server[0].secret_file = "turn": holds 2 secrets, a rotation in')
    assert SECRET not in hosts + turn


def test_a_secret_the_service_can_not_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What root wrote for itself is named when root checks, with the command that cures it."""
    path = furnish(tmp_path, QUIET % tmp_path)
    user = pwd.struct_passwd(("matchd", "x", 65533, 65533, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: user)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    path.chmod(0o644)
    pepper = tmp_path / "secrets" / "pepper"
    expected = f"{pepper}: the service (user matchd) can't read it; run: chgrp matchd {pepper} &&"
    found = check(run, path)
    assert [hint for hint in found if hint.startswith(expected)]
    assert not [hint for hint in found if hint.startswith(f"{path}: ")]


REFUSED = {
    "hosts.tll = 1\n": "hosts.tll is not a known key; did you mean ttl?",
    "hosts.ttl = 'x'\n": 'hosts.ttl = "x": allowed is a whole number from 5 to 3600',
    "hosts.ttl = 3\n": "hosts.ttl = 3: allowed is a whole number from 5 to 3600",
    "hosts.auth = 'open'\n": 'hosts.auth = "open": only with --dev; allowed are "secret", "token" '
    "(anyone could register hosts and enter rooms)",
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items())
def test_refusals(run: Run, tmp_path: Path, text: str, expected: str) -> None:
    """What can't be used is one line on standard error and status 2."""
    path = furnish(tmp_path, text + MINIMAL)
    result = run("check", "--config", path)
    assert (result.status, result.out) == (2, "")
    assert result.err == f"matchd: {path}: {expected}\n"
