"""A directory with a configuration that loads, for tests to break. Only tests import it."""

from pathlib import Path

import pytest

from matchd.config import Loaded, load
from matchd.errors import ConfigError
from matchd.keys import generate_keyring

SECRET = "north-sea-north-sea"
MINIMAL = '[server]\npublic_url = "https://play.example.net"\n'
TURN = '[[turn.server]]\nname = "eu-1"\nhost = "turn.example.net"\nsecret_file = "turn"\n'


def furnish(base: Path, text: str = MINIMAL) -> Path:
    """Write `matchd.toml` with this text and every secret file it may name; return its path."""
    secrets = base / "secrets"
    secrets.mkdir()
    for name in ("host_secret", "pepper", "turn", "metrics"):
        put(secrets / name, SECRET + "\n")
    put(secrets / "signing_keys.json", generate_keyring().to_json())
    (base / "matchd.toml").write_text(text, encoding="utf-8")
    return base / "matchd.toml"


def put(path: Path, text: str, mode: int = 0o640) -> None:
    """Write a secret file of this mode."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def loaded(base: Path, text: str = MINIMAL) -> Loaded:
    """Furnish and load."""
    return load(furnish(base, text))


def complaint(path: Path, *, dev: bool = False) -> str:
    """What loading complains of, without the name of the file in front."""
    with pytest.raises(ConfigError) as caught:
        load(path, dev=dev)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")
