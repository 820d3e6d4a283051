"""The key file: read strictly, written back, rotated."""

import json
from pathlib import Path

import pytest

from matchd.keys import MAX_KEYS, Keyring, generate_keyring, rotated
from tests.config.house import complaint, furnish, put

BAD = "not a JWK set of Ed25519 private keys"


def entry(**changed: object) -> dict[str, object]:
    """One good key as the file has it, with changes; None leaves a field out."""
    good = json.loads(generate_keyring().to_json())["keys"][0]
    return {key: value for key, value in {**good, **changed}.items() if value is not None}


def test_a_key_set_survives_its_file() -> None:
    """What is written is read back, and signs for the same public key."""
    keyring = generate_keyring()
    again = Keyring.from_json(keyring.to_json())
    pairs = zip(keyring.keys, again.keys, strict=True)
    assert all(a.public == b.public and a.kid == b.kid for a, b in pairs)


FILES = ["", "[]", "{}", '{"keys": 1}', '{"keys": "ab"}', '{"keys": [1]}', "[" * 20_000]
ENTRIES = [
    entry(d=None),
    entry(kid=None),
    entry(kid=5),
    entry(kid=""),
    entry(d="!"),
    entry(d=7),
    entry(crv="X25519"),
    entry(kty="RSA"),
]


@pytest.mark.parametrize("text", [*FILES, *(json.dumps({"keys": [one]}) for one in ENTRIES)])
def test_anything_else_is_refused(text: str) -> None:
    """A file that is no set of private Ed25519 keys with ids is one sentence, without a cause."""
    with pytest.raises(ValueError, match=f"^{BAD}$") as caught:
        Keyring.from_json(text)
    assert caught.value.__suppress_context__


def test_a_broken_key_file_names_itself(tmp_path: Path) -> None:
    """The configuration that points to a broken key file is refused with both names."""
    path = furnish(tmp_path)
    file = tmp_path / "secrets" / "signing_keys.json"
    put(file, "{}")
    expected = f'auth.signing_keys_file = "signing_keys.json": {file}: {BAD}'
    assert expected == complaint(path)


def test_no_key_and_twice_the_same_key() -> None:
    """An empty set can't sign, and an id must mean one key."""
    with pytest.raises(ValueError, match="the key set is empty"):
        Keyring.from_json('{"keys": []}')
    with pytest.raises(ValueError, match="two keys have the same kid"):
        Keyring.from_json(json.dumps({"keys": [entry(kid="a"), entry(kid="a")]}))


def test_a_rotation_keeps_the_newest() -> None:
    """The new key is in front, the oldest falls off at three."""
    first = generate_keyring()
    second = rotated(first)
    last = rotated(rotated(second))
    assert second.keys[1:] == first.keys
    assert len(last.keys) == MAX_KEYS
    assert last.keys[2] == second.keys[0]


def test_a_repr_shows_the_id_alone() -> None:
    """A key that is printed by accident shows its id."""
    keyring = generate_keyring()
    assert f"Keyring(keys=(SigningKey({keyring.keys[0].kid}),))" == repr(keyring)
