"""`matchd config`: the whole configuration, and no secret."""

import tomllib
from pathlib import Path

from matchd.config import dev, load
from matchd.config.load import parse
from tests.cli.commands import Run
from tests.config.house import put


def test_it_prints_what_is_in_force(run: Run, site: Path) -> None:
    """What is printed is a configuration, and the one that was loaded."""
    result = run("config")
    assert (result.status, result.err) == (0, "")
    assert parse(tomllib.loads(result.out)) == load(site / "matchd.toml").config


def test_secrets_are_counted_and_not_shown(run: Run, site: Path) -> None:
    """Behind each key of a secret file stand its path and how many it holds."""
    put(site / "secrets" / "host_secret", "n" * 20 + "\n" + "o" * 20 + "\n")
    secrets = load(site / "matchd.toml").secrets
    out = run("config").out
    assert f'"host_secret"  # {site}/secrets/host_secret: 2 secrets\n' in out
    assert f'"turn_secret"  # {site}/secrets/turn_secret: 1 secret\n' in out
    assert f'"signing_keys.json"  # {site}/secrets/signing_keys.json: 1 key\n' in out
    held = [*secrets.hosts, secrets.pepper.decode(), secrets.turn[0].secret]  # type: ignore[union-attr]  # it is the one init made
    assert not [secret for secret in held if secret in out]


def test_development(run: Run) -> None:
    """--dev prints the settings without a file, and where their secrets come from."""
    out = run("config", "--dev").out
    assert parse(tomllib.loads(out)) == dev().config
    assert 'secret_file = "host_secret"  # not read: hosts.auth = "open"\n' in out
    assert 'pepper_file = "pepper"  # made for this run: 1 secret\n' in out


def test_file_and_development_exclude_each_other(run: Run, site: Path) -> None:
    """--config and --dev together are a mistake."""
    result = run("config", "--dev", "--config", site / "matchd.toml")
    assert result.status == 2
    assert "not allowed with argument" in result.err
