"""`matchd serve`: which settings reach the daemon."""

import re
import sys
import types
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from matchd.config import Loaded
from matchd.errors import ConfigError
from tests.cli.commands import Run

Call = tuple[Loaded, tuple[str, ...], bool]
URL = "http://127.0.0.1:8080"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What a daemon that ends at once with status 7 was started with."""
    calls: list[Call] = []

    def main(
        loaded: Loaded,
        listen: tuple[str, ...],
        *,
        accept_loss: bool,
        greet: Callable[[str], None],
    ) -> int:
        greet(URL)
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


def test_a_trial_is_looked_after(run: Run, site: Path, started: list[Call]) -> None:
    """Whoever asks is told where, with a token that the daemon takes for an administrator's."""
    said = run("serve", "--dev", "--admin-token").err
    found = re.search(r"export MATCHD_ADMIN_TOKEN=(\S+)\n  matchd status --url (\S+)\n", said)
    assert found is not None
    assert (found[2], f"{URL}/admin" in said) == (URL, True)
    [(loaded, _, _)] = started
    key = loaded.secrets.keys.find(jwt.get_unverified_header(found[1])["kid"])
    assert key is not None
    claims = jwt.decode(found[1], key.public, algorithms=["EdDSA"], issuer="matchd")
    assert claims["role"] == "admin"


def test_no_token_is_told_to_anybody_else(run: Run, site: Path, started: list[Call]) -> None:
    """Without a terminal only who asks; and of a configuration's own keys none at all."""
    assert run("serve", "--dev").err == ""
    assert run("serve").err == ""
    assert len(started) == 2
    for words in ((), ("--dev", "--config", site / "matchd.toml")):
        refused = run("serve", *words, "--admin-token")
        assert (refused.status, "`matchd token admin NAME`" in refused.err) == (2, True)
    assert len(started) == 2


def test_an_address_that_is_none(run: Run, site: Path, started: list[Call]) -> None:
    """A bad --listen is refused before anything starts."""
    result = run("serve", "--dev", "--listen", "localhost:80")
    assert (result.status, started) == (2, [])
    assert result.err.startswith('matchd: --listen = "localhost:80": cannot listen on ')


def test_the_daemon_refuses(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ConfigError of the daemon is one line and status 2, which systemd does not restart."""

    def main(_loaded: Loaded, **_options: object) -> int:
        raise ConfigError("no room")

    module = types.ModuleType("matchd.daemon")
    monkeypatch.setattr(module, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "matchd.daemon", module)
    result = run("serve")
    assert (result.status, result.err) == (2, "matchd: no room\n")
