"""`matchd doctor`: what it prints for people and for programs, and how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Run
from tests.config.house import MINIMAL, SECRET, TURN, furnish
from tests.daemon.coturn import HOST, free_ports


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A configuration whose server and whose own address are closed."""
    port, other, _ = free_ports()
    text = MINIMAL.replace("https://play.example.net", f"http://{HOST}:{port}")
    turn = TURN.replace("turn.example.net", HOST) + f"udp_port = {other}\ntcp_port = 0\n"
    return furnish(tmp_path, f'{text}data_dir = ""\n{turn}')


def report(run: Run, *argv: object) -> tuple[int, dict[str, Any]]:
    """The exit status and the object of --json."""
    result = run("doctor", "--json", *argv)
    assert result.err == ""
    assert SECRET not in result.out
    told: dict[str, Any] = json.loads(result.out)
    return result.status, told


def test_text(run: Run, closed: Path) -> None:
    """A person reads what is wrong, each with the line to change behind it, and no more."""
    result = run("doctor", "--config", closed, "--from-here-only")
    assert (result.status, result.err) == (2, "")
    lines = result.out.splitlines()
    assert lines[0] == "turn eu-1 (127.0.0.1): 1 failure, 2 fine"
    assert lines[1].startswith("  FAIL  S1  127.0.0.1:")
    assert lines[1].endswith("/udp: nothing listens there (connection refused)")
    assert lines[2].startswith("            -> is the server running, and does the firewall")
    assert any(line.startswith("  FAIL  H1  http://127.0.0.1:") for line in lines)
    assert "  ok  " not in result.out
    assert SECRET not in result.out


def test_everything(run: Run, closed: Path) -> None:
    """--all shows what is fine, too."""
    out = run("doctor", "--config", closed, "--all").out
    assert "  ok    N1  127.0.0.1 is an address" in out
    assert "  ok    C1  " in out


def test_json(run: Run, closed: Path) -> None:
    """A program reads every finding, with the same status."""
    status, told = report(run, "--config", closed, "--from-here-only")
    assert (status, told["status"], told["version"]) == (2, 2, 1)
    assert set(told) == {"version", "at", "status", "findings"}
    for finding in told["findings"]:
        assert list(finding) == ["id", "severity", "about", "cause", "change"]
    [away] = [one for one in told["findings"] if one["id"] == "S1"]
    assert (away["about"], away["severity"]) == ("eu-1", "fail")


def test_unusable_configuration(run: Run, tmp_path: Path) -> None:
    """A configuration that can't be used is a finding like others, and the same exit status as ever."""
    path = furnish(tmp_path, "[server]\npublic_url = 1\n")
    result = run("doctor", "--config", path)
    assert (result.status, result.err) == (2, "")
    assert f"FAIL  C1  {path}: server.public_url = 1" in result.out
    status, told = report(run, "--config", path)
    assert (status, told["findings"][0]["id"]) == (2, "C1")


def test_unknown_server(run: Run, closed: Path) -> None:
    """A server that is not in the configuration is refused, with those that are."""
    result = run("doctor", "--config", closed, "--server", "eu-9")
    assert result.status == 2
    assert "no [[turn.server]] is called 'eu-9'; there is eu-1" in result.out


def test_coturn_file(run: Run, closed: Path, tmp_path: Path) -> None:
    """A file of coturn that is named is read, and one that is not there is told."""
    file = tmp_path / "turnserver.conf"
    options = ("--config", closed, "--coturn-config", file)
    assert f"warn  L1  {file}: No such file" in run("doctor", *options).out
    file.write_text("use-auth-secret\nrealm=r\ndenied-peer-ip=10.0.0.0/8\n")
    assert f"FAIL  L1  {file}: denied-peer-ip=10.0.0.0/8" in run("doctor", *options).out


def test_redis_that_is_away(run: Run, tmp_path: Path) -> None:
    """A Redis that can't be reached is a failure, with what to look at."""
    port = free_ports()[0]
    text = MINIMAL.replace("https://play.example.net", f"http://{HOST}:{port}")
    path = furnish(tmp_path, f'{text}[store]\nbackend = "redis"\nurl = "redis://{HOST}:{port}/0"\n')
    result = run("doctor", "--config", path)
    assert result.status == 2
    assert f"FAIL  D1  redis: redis://{HOST}:{port}" in result.out


def test_a_terminal_is_not_overrun(run: Run, closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal long lines stand beside their label, whatever its width."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "dumb")
    lines = run("doctor", "--config", closed, "--from-here-only").out.splitlines()
    shown = [line for line in lines[:-1] if not line.startswith(("turn", "matchd", "note"))]
    assert all(len(line) <= 60 or " " not in line.strip() for line in shown), shown
