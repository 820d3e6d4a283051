"""Fixtures of the command line: `run` runs a command, `site` is what `matchd init` has made."""

import pwd
from pathlib import Path

import pytest

from tests.cli.commands import URL, Run, runner


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the environment, or on the users, of where it runs."""

    def unknown(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", unknown)
    for name in ("MATCHD_CONFIG", "CREDENTIALS_DIRECTORY", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process."""
    return runner(capsys)


@pytest.fixture
def site(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that `matchd init` has made, and that is the default configuration's."""
    directory = tmp_path / "etc"
    assert run("init", directory, "--public-url", URL).status == 0
    monkeypatch.setenv("MATCHD_CONFIG", str(directory / "matchd.toml"))
    return directory
