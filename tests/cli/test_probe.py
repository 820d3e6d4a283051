"""`matchd probe`: a report for programs, printed or written."""

import json
import os
import stat
from pathlib import Path

from tests.cli.commands import Run
from tests.config.house import MINIMAL, SECRET, TURN, furnish
from tests.daemon.coturn import HOST, free_ports


def closed(base: Path) -> Path:
    """A configuration whose TURN server is closed."""
    turn = TURN.replace("turn.example.net", HOST)
    return furnish(base, f"{MINIMAL}{turn}udp_port = {free_ports()[0]}\ntcp_port = 0\n")


def test_printed(run: Run, tmp_path: Path) -> None:
    """The report goes to standard output; that a server is not well is no failure of the probe."""
    result = run("probe", "--config", closed(tmp_path))
    assert (result.status, result.err) == (0, "")
    report = json.loads(result.out)
    [seen] = report["servers"]
    assert (seen["name"], seen["ok"], seen["rtt"]) == ("eu-1", False, None)
    assert SECRET not in result.out


def test_written(run: Run, tmp_path: Path) -> None:
    """A file is put in place whole, and nobody else may read it."""
    file = tmp_path / "turn.json"
    file.write_text("what was there before")
    former = os.umask(0)
    try:
        assert run("probe", "--config", closed(tmp_path), "--write", file).out == ""
    finally:
        os.umask(former)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["servers"][0]["name"] == "eu-1"
    assert not list(tmp_path.glob(".turn.json*"))


def test_nowhere_to_write(run: Run, tmp_path: Path) -> None:
    """A directory that is not there is one line and a failure."""
    result = run("probe", "--config", closed(tmp_path), "--write", tmp_path / "no" / "turn.json")
    assert result.status == 1
    assert "No such file or directory" in result.err
    assert result.err.count("\n") == 1


def test_no_servers(run: Run, tmp_path: Path) -> None:
    """Without TURN servers the report is empty."""
    result = run("probe", "--config", furnish(tmp_path))
    assert (result.status, json.loads(result.out)["servers"]) == (0, [])
