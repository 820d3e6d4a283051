"""`matchd host`: which settings and which secret reach the agent."""

from pathlib import Path

import pytest

from matchd import agent
from matchd.agent import HostSettings
from tests.cli.commands import Run

URL = "https://play.example.net"
Call = tuple[HostSettings, str | None]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What an agent that ends at once with status 7 was started with."""
    calls: list[Call] = []

    def main(settings: HostSettings, secret: str | None) -> int:
        calls.append((settings, secret))
        return 7

    monkeypatch.setattr(agent, "main", main)
    monkeypatch.delenv("MATCHD_HOST_SECRET", raising=False)
    return calls


def secret_in(directory: Path, text: str, mode: int = 0o640) -> Path:
    """A secret file."""
    path = directory / "host_secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_options(run: Run, tmp_path: Path, started: list[Call]) -> None:
    """Options alone are enough; the room is called as the host, the secret's first line counts."""
    path = secret_in(tmp_path, "the-secret-in-force\nthe-one-before\n")
    result = run("host", "--url", URL, "--host-id", "pc-1", "--secret-file", path, "--capacity", 2)
    assert result.status == 7
    settings = HostSettings(
        url=URL, host_id="pc-1", room_id="pc-1", capacity=2, secret_file=str(path)
    )
    assert started == [(settings, "the-secret-in-force")]


def test_a_file(run: Run, tmp_path: Path, started: list[Call]) -> None:
    """Options win over the file; its secret lies beside it."""
    secret_in(tmp_path, "the-secret-in-force\n")
    config = tmp_path / "host.toml"
    config.write_text(
        f'url = "{URL}"\nhost_id = "pc-1"\nregion = "eu"\nsecret_file = "host_secret"\n'
        'exec = "true --flag"\n[game_info]\nmap = "dust"\n'
    )
    assert run("host", "--config", config, "--region", "us").status == 7
    [(settings, secret)] = started
    assert (settings.region, settings.command, secret) == (
        "us",
        "true --flag",
        "the-secret-in-force",
    )
    assert settings.details().game_info == {"map": "dust"}


def test_the_environment(run: Run, started: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the secret is the environment's; without both there is none."""
    run("host", "--url", URL)
    monkeypatch.setenv("MATCHD_HOST_SECRET", "the-secret-of-the-environment")
    run("host", "--url", URL)
    assert [secret for _, secret in started] == [None, "the-secret-of-the-environment"]


WRONG = {
    (): "url is missing",
    ("--url", URL, "--exec", "no-such-program-here"): "there is no such program",
    ("--url", URL, "--exec", "'open"): "no closing quotation",
    ("--url", URL, "--host-id", "two words"): "`hostId`",
    ("--url", URL, "--capacity", "0"): "capacity: expected `int` >= 1",
    ("--url", URL, "--secret-file", "/nowhere/secret"): "there is no /nowhere/secret",
    ("--config", "/nowhere/host.toml"): "/nowhere/host.toml: No such file",
}


@pytest.mark.parametrize("argv", WRONG)
def test_what_is_wrong(run: Run, started: list[Call], argv: tuple[str, ...]) -> None:
    """It is one line that names the trouble, and status 2, before anything starts."""
    result = run("host", *argv)
    assert (result.status, started, result.err.count("\n")) == (2, [], 1)
    assert WRONG[argv] in result.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("urls = 1", "unknown field `urls`"),
        ("capacity = 'a'", "capacity: expected `int`"),
        ("=", "TOML"),
    ],
)
def test_a_file_that_is_wrong(
    run: Run, tmp_path: Path, started: list[Call], text: str, said: str
) -> None:
    """The file and the key are named."""
    config = tmp_path / "host.toml"
    config.write_text(f"{text}\n")
    result = run("host", "--config", config, "--url", URL)
    assert (result.status, started) == (2, [])
    assert said in result.err
    assert str(config) in result.err


def test_a_secret_that_others_can_read(run: Run, tmp_path: Path, started: list[Call]) -> None:
    """It is refused, with the cure, and not quoted."""
    path = secret_in(tmp_path, "the-secret-in-force\n", 0o644)
    result = run("host", "--url", URL, "--secret-file", path)
    assert (result.status, started) == (2, [])
    assert f"chmod 0640 {path}" in result.err
    assert "in-force" not in result.err


def test_a_url_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent's own check is one line, too."""
    monkeypatch.delenv("MATCHD_HOST_SECRET", raising=False)
    result = run("host", "--url", "play.example.net", "--host-id", "pc-1")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "is not a URL" in result.err
    result = run("host", "--url", URL, "--host-id", "pc-1", "--ca-file", "/nowhere/ca.pem")
    assert (result.status, result.err) == (
        2,
        'matchd: ca_file = "/nowhere/ca.pem": No such file or directory\n',
    )
