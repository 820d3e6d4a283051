"""`matchd init`: what it writes works as it is, belongs together, and never replaces anything."""

import os
import socket
import stat
from pathlib import Path

import pytest

from matchd.cli import init
from matchd.config import load
from matchd.turn import SharedSecretServer
from tests.cli.commands import URL, Run, contents

FILES = ["matchd.toml", "secrets/host_secret", "secrets/pepper", "secrets/signing_keys.json"]
FILES += ["secrets/turn_secret", "turnserver.conf"]


def coturn(directory: Path) -> list[str]:
    """The lines of coturn's file."""
    return (directory / "turnserver.conf").read_text().splitlines()


def test_what_it_wrote_can_be_used(run: Run, site: Path) -> None:
    """The check accepts it, and all files are there."""
    result = run("check")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"ok: {site}/matchd.toml\n")
    assert sorted(contents(site)) == FILES


def test_both_sides_share_a_secret(site: Path) -> None:
    """matchd and coturn have the same secret and realm; the host secret is another."""
    secrets = load(site / "matchd.toml").secrets
    server = secrets.turn[0]
    assert isinstance(server, SharedSecretServer)
    assert f"static-auth-secret={server.secret}" in coturn(site)
    assert f"realm={server.realm}" in coturn(site)
    assert (server.host, server.realm) == ("play.example.net", "play.example.net")
    assert len({server.secret, secrets.hosts[0], secrets.pepper.decode()}) == 3


def test_modes(site: Path) -> None:
    """Files are 0640 and directories 0750, whatever the umask says."""
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [site, *site.rglob("*")]}
    assert modes == {path: 0o750 if path.is_dir() else 0o640 for path in modes}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_modes_do_not_depend_on_the_umask(run: Run, tmp_path: Path, umask: int) -> None:
    """An open umask opens nothing, and a tight one closes nothing."""
    before = os.umask(umask)
    try:
        assert run("init", tmp_path / "etc", "--public-url", URL).status == 0
    finally:
        os.umask(before)
    test_modes(tmp_path / "etc")


def test_groups(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file belongs to the group of the service that reads it."""
    given: dict[str, int] = {}

    def chown(path: Path, _user: int, group: int) -> None:
        # Files still have their temporary names here: `.host_secret.x1y2`.
        given[path.name.removeprefix(".").rpartition(".")[0] or path.name] = group

    groups = {"matchd": 7, "turnserver": 8}
    monkeypatch.setattr(init, "group_id", groups.get)
    monkeypatch.setattr(os, "chown", chown)
    assert run("init", tmp_path / "etc", "--public-url", URL).status == 0
    names = {Path(name).name for name in FILES} | {"etc", "secrets"}
    assert given == {name: 8 if name == "turnserver.conf" else 7 for name in names}


def test_a_second_time_changes_nothing(run: Run, site: Path) -> None:
    """What exists is listed, nothing is written, and nothing has changed."""
    before = contents(site)
    result = run("init", site, "--public-url", URL)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("matchd: nothing was written, because there is already: ")
    assert all(str(site / name) in result.err for name in FILES)
    assert contents(site) == before


def test_one_existing_file_is_enough(run: Run, tmp_path: Path) -> None:
    """A single file in the way stops all, and is the only one named."""
    (tmp_path / "turnserver.conf").symlink_to("/nowhere")
    result = run("init", tmp_path, "--public-url", URL)
    assert result.status == 2
    assert f"already: {tmp_path}/turnserver.conf; move it away" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["turnserver.conf"]


def test_a_failure_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the last file leaves no file, no directory and no secret behind."""

    def full(self: Path, target: Path) -> Path:
        if target.name == "matchd.toml":
            raise OSError(28, "No space left on device", str(target))
        return rename(self, target)

    rename = Path.rename
    monkeypatch.setattr(Path, "rename", full)
    result = run("init", tmp_path / "etc", "--public-url", URL)
    assert result.status == 1
    assert result.err == f"matchd: {tmp_path}/etc/matchd.toml: No space left on device\n"
    assert list(tmp_path.iterdir()) == []


def test_no_secret_is_printed(run: Run, tmp_path: Path) -> None:
    """The next steps name the file of the host secret, and hold no secret."""
    result = run("init", tmp_path / "etc", "--public-url", URL)
    said = result.out + result.err
    secrets = load(tmp_path / "etc" / "matchd.toml").secrets
    assert secrets.hosts[0] not in said
    assert secrets.pepper.decode() not in said
    assert f"$(cat {tmp_path}/etc/secrets/host_secret)" in said


def test_the_next_steps(run: Run, tmp_path: Path) -> None:
    """Three steps, each with commands that fit this installation."""
    lines = run("init", tmp_path / "etc", "--public-url", URL).out.splitlines()
    file = tmp_path / "etc" / "turnserver.conf"
    assert f"     install -b -m 0640 -g turnserver {file} /etc/turnserver.conf" in lines
    assert "         reverse_proxy 127.0.0.1:8080" in lines
    assert f"matchd check --config {tmp_path}/etc/matchd.toml" in "\n".join(lines)
    steps = [line[:2] for line in lines if line[:1].isdigit()]
    assert steps == ["1.", "2.", "3."]


def test_options(run: Run, tmp_path: Path) -> None:
    """TURN host, realm, external address and TLS reach both files."""
    options = ["--turn-host", "turn.example.net", "--realm", "example.net"]
    options += ["--external-ip", "203.0.113.4", "--tls-cert", "/t/c.pem", "--tls-key", "/t/k.pem"]
    assert run("init", tmp_path, "--public-url", "http://192.0.2.1:8080", *options).status == 0
    server = load(tmp_path / "matchd.toml").config.turn.server[0]
    assert (server.host, server.realm, server.tls_port) == ("turn.example.net", "example.net", 5349)
    expected = {"external-ip=203.0.113.4", "cert=/t/c.pem", "pkey=/t/k.pem", "realm=example.net"}
    assert expected <= set(coturn(tmp_path))


def test_an_ipv6_address_is_no_realm(run: Run, tmp_path: Path) -> None:
    """A TURN host that is an IPv6 address gets a realm that coturn can have."""
    assert run("init", tmp_path, "--public-url", "http://[2001:db8::1]:8080").status == 0
    server = load(tmp_path / "matchd.toml").config.turn.server[0]
    assert (server.host, server.realm) == ("2001:db8::1", "matchd")


def test_the_name_of_this_machine(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without options the machine's full name is used for both."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "box.example.net")
    result = run("init", tmp_path)
    config = load(tmp_path / "matchd.toml").config
    assert config.server.public_url == "https://box.example.net"
    assert config.turn.server[0].host == "box.example.net"
    assert "can't resolve it" not in result.err


def test_a_machine_without_a_full_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that players can't resolve is written, and said to be in need of a change."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "localhost.localdomain")
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    result = run("init", tmp_path)
    assert result.status == 0
    assert 'warning: server.public_url = "https://box": a name without a domain' in result.err
    assert f"change it in {tmp_path}/matchd.toml" in result.err


BAD = {
    ("--public-url", "play.example.net"): 'server.public_url = "play.example.net": a bare origin',
    ("--public-url", "https://[::1"): 'server.public_url = "https://[::1": a bare origin',
    ("--turn-host", "turn:x.y"): "turn.server[0].host = \"turn:x.y\": The host 'turn:x.y' is",
    ("--realm", "a b"): "turnserver.conf: The realm 'a b' is not",
    ("--external-ip", "here"): "turnserver.conf: ",
    ("--tls-cert", "/c.pem"): "turnserver.conf: TLS needs both",
    ("--tls-cert", "c.pem", "--tls-key", "/k"): "turnserver.conf: 'c.pem' is no absolute path",
}


@pytest.mark.parametrize(("options", "expected"), BAD.items())
def test_bad_options(run: Run, tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    """An option that can't be used is told, and nothing is written."""
    result = run("init", tmp_path / "etc", "--public-url", URL, *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"matchd: {expected}")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_not_be_written(run: Run, tmp_path: Path) -> None:
    """A file where the directory should be is one line and status 1."""
    (tmp_path / "etc").write_text("")
    result = run("init", tmp_path / "etc", "--public-url", URL)
    assert (result.status, result.out) == (1, "")
    assert result.err == f"matchd: {tmp_path}/etc: File exists\n"
