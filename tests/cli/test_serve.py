"""`matchd serve`: which settings reach the daemon."""

import sys
import types
from pathlib import Path

import pytest

from matchd.config import Loaded
from matchd.errors import ConfigError
from tests.cli.commands import Run

Call = tuple[Loaded, tuple[str, ...], bool]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What a daemon that ends at once with status 7 was started with."""
    calls: list[Call] = []

    def main(loaded: Loaded, listen: tuple[str, ...], *, accept_loss: bool) -> int:
        calls.append((loaded, listen, accept_loss))
        return 7

    module = types.ModuleType("matchd.daemon")
    monkeypatch.setattr(module, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "matchd.daemon", module)
    return calls


def test_the_configured_file(run: Run, site: Path, started: list[Call]) -> None:
    """The file of the environment is served; the daemon's status is the command's."""
    assert run("serve").status == 7
    [(loaded, listen, accept_loss)] = started
    assert (loaded.path, loaded.dev, listen) == (site / "matchd.toml", False, ())
    assert not accept_loss


def test_a_loss_is_accepted_by_name(run: Run, site: Path, started: list[Call]) -> None:
    """Only --accept-loss lets the daemon begin without what is damaged."""
    run("serve", "--accept-loss")
    assert [accepted for _, _, accepted in started] == [True]


def test_listen_may_be_repeated(run: Run, site: Path, started: list[Call]) -> None:
    """Every --listen reaches the daemon, in order."""
    run("serve", "--config", site / "matchd.toml", "--listen", ":80", "--listen", "fd://")
    assert started[0][1] == (":80", "fd://")


def test_development(run: Run, site: Path, started: list[Call]) -> None:
    """--dev alone uses no file, not even the environment's; with --config it uses that one."""
    run("serve", "--dev")
    run("serve", "--dev", "--config", site / "matchd.toml")
    assert [loaded.path for loaded, _, _ in started] == [None, site / "matchd.toml"]
    assert all(loaded.dev for loaded, _, _ in started)


def test_an_address_that_is_none(run: Run, site: Path, started: list[Call]) -> None:
    """A bad --listen is refused before anything starts."""
    result = run("serve", "--dev", "--listen", "localhost:80")
    assert (result.status, started) == (2, [])
    assert result.err.startswith('matchd: --listen = "localhost:80": cannot listen on ')


def test_the_daemon_refuses(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ConfigError of the daemon is one line and status 2, which systemd does not restart."""

    def main(_loaded: Loaded, listen: tuple[str, ...], *, accept_loss: bool) -> int:
        raise ConfigError("no room")

    module = types.ModuleType("matchd.daemon")
    monkeypatch.setattr(module, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "matchd.daemon", module)
    result = run("serve")
    assert (result.status, result.err) == (2, "matchd: no room\n")
