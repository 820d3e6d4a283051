"""The files with secrets: found, closed to others, well formed, and never quoted."""

from pathlib import Path

import pytest

from matchd.config import load
from matchd.config.secrets import locate, new_secret
from matchd.turn import SharedSecretServer, StaticServer, check_secret
from tests.config.house import MINIMAL, SECRET, TURN, complaint, furnish, loaded, put

HOSTS = 'hosts.secret_file = "host_secret"'


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A world-readable secret is refused with its mode and the command that cures it."""
    path = furnish(tmp_path)
    file = tmp_path / "secrets" / "host_secret"
    file.chmod(0o644)
    expected = f"{HOSTS}: {file} can be read by others (mode 0644); run: chmod 0640 {file}"
    assert expected == complaint(path)


WRONG = {
    "": " is empty; put a secret in it: openssl rand -hex 32",
    "\n": " is empty; put a secret in it: openssl rand -hex 32",
    "a b" * 9: ": one secret per line, without white space and without empty lines",
    f"{SECRET}\n\n{SECRET}": ": one secret per line, without white space and without empty lines",
    f"{SECRET}\nshort": ": a secret needs at least 16 characters; a good one: openssl rand -hex 32",
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[repr(text) for text in WRONG])
@pytest.mark.parametrize("name", ["host_secret", "pepper"])
def test_wrong_contents(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """Empty files, white space and short secrets are refused; none is ever quoted."""
    path = furnish(tmp_path)
    put(tmp_path / "secrets" / name, text)
    said = complaint(path)
    assert said.endswith(f"{tmp_path / 'secrets' / name}{expected}")
    assert SECRET not in said


def test_several_lines_are_a_rotation(tmp_path: Path) -> None:
    """The first line is in use; the others are still accepted."""
    path = furnish(tmp_path, MINIMAL + TURN)
    for name in ("host_secret", "turn"):
        put(tmp_path / "secrets" / name, f"{SECRET}-new\n{SECRET}\n")
    secrets = load(path).secrets
    server = secrets.turn[0]
    assert (f"{SECRET}-new", SECRET) == secrets.hosts
    assert isinstance(server, SharedSecretServer)
    assert (f"{SECRET}-new", (SECRET,)) == (server.secret, server.previous)


def test_a_missing_file_names_every_place(tmp_path: Path) -> None:
    """All places where the file was looked for are named."""
    path = furnish(tmp_path)
    (tmp_path / "secrets" / "host_secret").unlink()
    places = f"{tmp_path}/secrets/host_secret or {tmp_path}/host_secret"
    assert f"{HOSTS}: there is no {places}" == complaint(path)


def test_credentials_of_systemd_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`$CREDENTIALS_DIRECTORY` is looked at before `secrets/`, and that before the file's place."""
    passed = tmp_path / "passed"
    passed.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(passed))
    found = [locate("host_secret", tmp_path)]
    for place in (tmp_path, tmp_path / "secrets", passed):
        place.mkdir(exist_ok=True)
        put(place / "host_secret", SECRET)
        found.append(locate("host_secret", tmp_path))
    expected = [tmp_path / "secrets", tmp_path, tmp_path / "secrets", passed]
    assert expected == [path.parent for path in found]


def test_an_absolute_name_is_that_file(tmp_path: Path) -> None:
    """An absolute name is taken as it is, and told alone when it is missing."""
    path = furnish(tmp_path, f'hosts.secret_file = "/nowhere/at/all"\n{MINIMAL}')
    assert complaint(path) == 'hosts.secret_file = "/nowhere/at/all": there is no /nowhere/at/all'


@pytest.mark.parametrize("name", ["/", "a\\u0000b"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    """A directory, or a name that no file can have, is one sentence too."""
    said = complaint(furnish(tmp_path, f'metrics.token_file = "{name}"\n{MINIMAL}'))
    assert said.startswith("metrics.token_file = ")
    assert said.endswith(("Is a directory", "not the name of a file"))


def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    """A secret that is needed must have a file."""
    path = furnish(tmp_path, f'auth.pepper_file = ""\n{MINIMAL}')
    assert complaint(path) == 'auth.pepper_file = "": needed; the name of a file in secrets/'


def test_a_secret_that_coturn_misreads(tmp_path: Path) -> None:
    """A TURN secret with a comment sign is refused, without being quoted."""
    path = furnish(tmp_path, MINIMAL + TURN)
    put(tmp_path / "secrets" / "turn", "abcdefgh#abcdefgh")
    said = complaint(path)
    assert said.startswith('turn.server[0].secret_file = "turn": ')
    assert said.endswith("The secret begins with = or has a quote, backslash, # or ; in it.")
    assert "abcdefgh" not in said


def test_a_static_server(tmp_path: Path) -> None:
    """A server with fixed credentials reads its credential from a file."""
    text = TURN.replace("secret_file", 'kind = "static"\nusername = "u"\ncredential_file')
    server = loaded(tmp_path, MINIMAL + text).secrets.turn[0]
    assert isinstance(server, StaticServer)
    assert (server.username, server.credential) == ("u", SECRET)


def test_token_mode_needs_no_host_secret(tmp_path: Path) -> None:
    """With `auth = "token"` the file of the shared secret is not read."""
    path = furnish(tmp_path, f'hosts.auth = "token"\n{MINIMAL}')
    (tmp_path / "secrets" / "host_secret").unlink()
    assert load(path).secrets.hosts == ()


def test_development_makes_what_is_missing(tmp_path: Path) -> None:
    """With --dev keys and pepper are made for the run when there is no file, else read."""
    path = furnish(tmp_path)
    kept = load(path, dev=True).secrets
    assert SECRET.encode() == kept.pepper
    for name in ("pepper", "signing_keys.json"):
        (tmp_path / "secrets" / name).unlink()
    made = load(path, dev=True).secrets
    assert kept.pepper != made.pepper
    assert kept.keys != made.keys


def test_new_secrets_suit_everyone() -> None:
    """A new secret is one that coturn reads back, no option to any command, and no other's."""
    made = {new_secret() for _ in range(300)}
    for secret in made:
        check_secret(secret)
    assert len(made) == 300
    assert not [secret for secret in made if secret.startswith("-")]


def test_a_repr_shows_no_secret(tmp_path: Path) -> None:
    """Printing what was loaded, by accident, tells nothing."""
    assert SECRET not in repr(loaded(tmp_path, MINIMAL + TURN))
