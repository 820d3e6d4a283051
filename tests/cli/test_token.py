"""`matchd token`: tokens that verify, and keys that rotate without logging anyone out."""

import time
from pathlib import Path

import jwt
import pytest

from matchd.config import load
from matchd.keys import Keyring
from tests.cli.commands import Run, contents


def claims(site: Path, token: str) -> dict[str, object]:
    """Verify a token with the site's keys, as the daemon would, and return what it says."""
    keyring = load(site / "matchd.toml").secrets.keys
    key = keyring.find(jwt.get_unverified_header(token)["kid"])
    assert key is not None
    found: dict[str, object] = jwt.decode(token, key.public, algorithms=["EdDSA"], issuer="matchd")
    return found


CALLS = {
    ("host", "pc-1"): {"role": "host", "sub": "pc-1"},
    ("player", "u_1", "--name", "Jö D"): {"role": "player", "sub": "u_1", "name": "Jö D"},
    ("player", "x_acme:7"): {"role": "player", "sub": "x_acme:7"},
    ("admin", "bob"): {"role": "admin", "sub": "bob"},
    ("viewer", "eve"): {"role": "viewer", "sub": "eve"},
}


@pytest.mark.parametrize(("argv", "expected"), CALLS.items())
def test_a_token(run: Run, site: Path, argv: tuple[str, ...], expected: dict[str, object]) -> None:
    """The token alone is printed, it verifies, and says who may do what."""
    result = run("token", *argv)
    assert (result.status, result.err) == (0, "")
    said = claims(site, result.out.removesuffix("\n"))
    assert {key: said[key] for key in expected} == expected
    assert set(said) - {"iss", "iat", "exp", "jti"} == set(expected)


TTLS = {"": 3600, "90": 90, "90s": 90, "15m": 900, "12h": 43_200, "30d": 2_592_000}


@pytest.mark.parametrize(("text", "expected"), TTLS.items())
def test_how_long(run: Run, site: Path, text: str, expected: int) -> None:
    """A time may be given in seconds, minutes, hours or days; else the configuration says it."""
    said = claims(
        site, run("token", "host", "pc-1", *(["--ttl", text] if text else [])).out.strip()
    )
    assert isinstance(said["iat"], int)
    assert said["exp"] == said["iat"] + expected
    assert abs(said["iat"] - time.time()) < 60


BAD = [
    ("host", "a b"),
    ("host", "x" * 129),
    ("player", ""),
    ("player", "host:pc-1"),
    ("player", "guest:192.0.2.1"),
    ("player", "a/b"),
    ("player", "u_1", "--name", "a\nb"),
    ("admin", "x" * 65),
    *(("admin", "bob", "--ttl", ttl) for ttl in ("0", "59", "366d", "1w", "-1", "1.5h", "")),
]


@pytest.mark.parametrize("argv", BAD)
def test_bad_input(run: Run, site: Path, argv: tuple[str, ...]) -> None:
    """A name or time that can't be is a usage error, and no token."""
    result = run("token", *argv)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("usage: matchd token ")


def test_what_it_allows_is_said_to_a_person(
    run: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal a note says what the token is for and until when; the token stays alone."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    result = run("token", "host", "pc-1")
    assert claims(site, result.out.strip())["sub"] == "pc-1"
    assert (
        "host pc-1: beats, reports and signals as this host, and as no other; until" in result.err
    )


def test_rotation(run: Run, site: Path) -> None:
    """A new key signs, the two before it still verify, and the oldest falls off at the fourth."""
    tokens = [run("token", "admin", "bob").out.strip()]
    for count in (2, 3, 3):
        result = run("token", "rotate-keys")
        assert (result.status, result.err) == (0, "")
        assert f"{count} keys verify\nnow: systemctl reload matchd" in result.out
        tokens.append(run("token", "admin", "bob").out.strip())
    kids = [jwt.get_unverified_header(token)["kid"] for token in tokens]
    keyring = load(site / "matchd.toml").secrets.keys
    assert [key.kid for key in keyring.keys] == kids[:0:-1]
    assert claims(site, tokens[1])["sub"] == "bob"


def test_rotation_keeps_mode_and_link(run: Run, site: Path, tmp_path: Path) -> None:
    """The key file keeps its mode, and a link to it stays one; no private key is printed."""
    link, file = site / "secrets" / "signing_keys.json", tmp_path / "keys.json"
    link.rename(file)
    file.chmod(0o600)
    link.symlink_to(file)
    result = run("token", "rotate-keys")
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(Keyring.from_json(file.read_text()).keys) == 2
    assert '"d"' not in result.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc", "keys.json"]


def test_a_rotation_that_fails_changes_nothing(
    run: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full is one line and status 1; the old keys stay, and nothing beside them."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = contents(site)
    monkeypatch.setattr("os.fsync", full)
    result = run("token", "rotate-keys")
    assert (result.status, result.err) == (1, "matchd: No space left on device\n")
    assert contents(site) == before
