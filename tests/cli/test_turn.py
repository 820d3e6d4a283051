"""`matchd turn`: credentials that coturn accepts, and coturn's file only where it is safe."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest

from matchd.config import load
from matchd.turn import SharedSecretServer, user_part
from tests.cli.commands import Run
from tests.config.house import MINIMAL, SECRET, TURN, furnish, put

SECOND = TURN.replace("eu-1", "us-1") + "weight = 0\n"
STATIC = '[[turn.server]]\nname = "bought"\nhost = "t.example.com"\nkind = "static"\n'
STATIC += 'username = "u"\ncredential_file = "turn"\n'


def minted(run: Run, *argv: object) -> dict[str, Any]:
    """The JSON of one `turn mint`."""
    result = run("turn", "mint", *argv)
    assert (result.status, result.err) == (0, "")
    answer: dict[str, Any] = json.loads(result.out)
    return answer


def test_mint(run: Run, site: Path) -> None:
    """The credential is coturn's: HMAC-SHA1 of expiry and user part, in the daemon's own shape."""
    answer = minted(run, "u_1")
    secrets = load(site / "matchd.toml").secrets
    [entry] = answer["iceServers"]
    expiry, user = entry["username"].split(":")
    assert isinstance(secrets.turn[0], SharedSecretServer)
    mac = hmac.digest(secrets.turn[0].secret.encode(), entry["username"].encode(), hashlib.sha1)
    assert entry["credential"] == base64.b64encode(mac).decode()
    assert user == user_part(secrets.pepper, "u_1")
    assert (answer["iceTtl"], answer["iceExpiresAt"]) == (3600, int(expiry))
    assert entry["urls"][0] == "turn:play.example.net:3478?transport=udp"


def test_mint_for_a_time(run: Run, site: Path) -> None:
    """--ttl takes the place of turn.ttl."""
    answer = minted(run, "u_1", "--ttl", "10m")
    assert answer["iceTtl"] == 600
    assert abs(answer["iceExpiresAt"] - time.time() - 600) < 60


def test_mint_for_one_server(run: Run, tmp_path: Path) -> None:
    """A server is chosen by its name, one with weight 0 and one with fixed credentials too."""
    path = furnish(tmp_path, MINIMAL + TURN + SECOND + STATIC)
    for name, host in (("eu-1", "turn.example.net"), ("us-1", "turn.example.net")):
        [entry] = minted(run, "u", "--server", name, "--config", path)["iceServers"]
        assert entry["urls"][0] == f"turn:{host}:3478?transport=udp"
    [entry] = minted(run, "u", "--server", "bought", "--config", path)["iceServers"]
    assert (entry["username"], entry["credential"]) == ("u", SECRET)


def test_mint_without_a_server(run: Run, tmp_path: Path) -> None:
    """Without a TURN server, or with an unknown name, there is nothing to mint."""
    path = furnish(tmp_path)
    result = run("turn", "mint", "u", "--config", path)
    expected = f"matchd: {path}: there is no [[turn.server]] to mint credentials for\n"
    assert (result.status, result.err) == (2, expected)
    result = run("turn", "mint", "u", "--server", "x", "--config", path)
    expected = f"matchd: {path}: no [[turn.server]] is called 'x'; there is none\n"
    assert (result.status, result.err) == (2, expected)


def test_mint_beyond_a_day(run: Run, site: Path) -> None:
    """Credentials of more than a day are refused."""
    result = run("turn", "mint", "u", "--ttl", "2d")
    assert (result.status, result.out) == (2, "")
    assert result.err == "matchd: The ttl of 172800 s is outside 60 to 86400.\n"


def test_config_is_what_init_wrote(run: Run, site: Path) -> None:
    """Through a pipe the text is printed, the same that init made."""
    result = run("turn", "config")
    assert (result.status, result.err) == (0, "")
    assert result.out == (site / "turnserver.conf").read_text()


def test_config_on_a_terminal(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sees the secret only when it is asked for."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    result = run("turn", "config")
    assert (result.status, result.out) == (2, "")
    assert "use --output FILE, a pipe, or --show-secrets" in result.err
    assert "static-auth-secret=" in run("turn", "config", "--show-secrets").out


def test_config_into_a_file(run: Run, site: Path, tmp_path: Path) -> None:
    """--output writes a new file of mode 0640, and never over another."""
    file = tmp_path / "turn.conf"
    result = run("turn", "config", "--output", file)
    assert (result.status, result.out) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text() == (site / "turnserver.conf").read_text()
    result = run("turn", "config", "--output", file)
    assert (result.status, result.err) == (
        2,
        f"matchd: {file}: exists already; move it away first\n",
    )
    result = run("turn", "config", "--output", tmp_path / "no" / "turn.conf")
    assert (result.status, result.out) == (1, "")
    assert "No such file or directory" in result.err


def test_config_during_a_rotation(run: Run, site: Path) -> None:
    """All secrets of the file are accepted by coturn."""
    put(site / "secrets" / "turn_secret", f"{SECRET}-new\n{SECRET}\n")
    out = run("turn", "config").out
    assert f"\nstatic-auth-secret={SECRET}-new\nstatic-auth-secret={SECRET}\n" in out


OPTIONS = ["--realm", "r.example", "--cert", "/c.pem", "--key", "/k.pem", "--external-ip"]
OPTIONS += ["203.0.113.9", "--listening-ip", "10.0.0.5", "--relay-ip", "10.0.0.5", "--lan"]
OPTIONS += ["--min-port", "50000", "--max-port", "50999", "--user-quota", "20"]
OPTIONS += ["--total-quota", "99", "--max-bps", "0"]


def test_config_options(run: Run, site: Path) -> None:
    """Every option reaches the file."""
    lines = set(run("turn", "config", *OPTIONS).out.splitlines())
    expected = {"realm=r.example", "cert=/c.pem", "pkey=/k.pem", "external-ip=203.0.113.9"}
    expected |= {"listening-ip=10.0.0.5", "relay-ip=10.0.0.5", "allowed-peer-ip=10.0.0.5"}
    expected |= {"min-port=50000", "max-port=50999", "user-quota=20", "total-quota=99"}
    assert expected | {"max-bps=0"} <= lines


PORTS = {
    "tcp_port = 3480": "coturn has one port for UDP and TCP: 3478 is used, not 3480",
    "tls_port = 5349": "players are told of TLS on 5349, but without --cert and --key it is off",
}


@pytest.mark.parametrize(("text", "expected"), PORTS.items())
def test_ports_that_do_not_fit(run: Run, tmp_path: Path, text: str, expected: str) -> None:
    """What coturn will not do, though players are told of it, is a warning."""
    path = furnish(tmp_path, f'{MINIMAL}{TURN}realm = "r"\n{text}\n')
    result = run("turn", "config", "--config", path)
    assert (result.status, result.err) == (0, f"warning: {expected}\n")


CHOICES = {
    "": "there is no [[turn.server]] of kind coturn",
    STATIC: "there is no [[turn.server]] of kind coturn",
    TURN + SECOND: "several TURN servers; choose with --server: eu-1, us-1",
}


@pytest.mark.parametrize(("text", "expected"), CHOICES.items(), ids=["none", "static", "two"])
def test_which_server(run: Run, tmp_path: Path, text: str, expected: str) -> None:
    """Where it is not clear which server is meant, none is guessed."""
    path = furnish(tmp_path, MINIMAL + text)
    result = run("turn", "config", "--config", path)
    assert (result.status, result.err) == (2, f"matchd: {path}: {expected}\n")


def test_a_server_that_is_no_coturn(run: Run, tmp_path: Path) -> None:
    """A bought server has no configuration of ours."""
    path = furnish(tmp_path, MINIMAL + STATIC)
    result = run("turn", "config", "--server", "bought", "--config", path)
    expected = f"matchd: {path}: bought is no coturn (kind = 'static')\n"
    assert (result.status, result.err) == (2, expected)


def test_a_missing_realm(run: Run, tmp_path: Path) -> None:
    """A server without a realm needs --realm: browsers time out on an empty one."""
    path = furnish(tmp_path, MINIMAL + TURN)
    result = run("turn", "config", "--config", path)
    assert (result.status, result.out) == (2, "")
    assert result.err == "matchd: eu-1 has no realm in matchd.toml; set it there, or use --realm\n"
    assert run("turn", "config", "--realm", "r", "--config", path).status == 0
