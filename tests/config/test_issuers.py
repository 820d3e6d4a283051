"""`[[auth.issuer]]`: whose tokens are believed, and with which key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from matchd.config import load
from matchd.config.load import parse
from matchd.config.schema import AuthIssuer
from tests.config.house import MINIMAL, complaint, furnish, loaded, put
from tests.config.test_shipped import lines
from tests.services.foreign import jwk, jwks, public_pem

BLOCK = """[[auth.issuer]]
name = "club"
issuer = "https://id.example"
audience = "matchd"
algorithm = "EdDSA"
key_file = "club.pem"
"""


def issued(tmp_path: Path, text: str = BLOCK, key: str | None = None) -> Path:
    """A configuration with this block, and its key file."""
    path = furnish(tmp_path, MINIMAL + text)
    put(tmp_path / "secrets" / "club.pem", public_pem("EdDSA") if key is None else key)
    return path


def test_a_key_and_a_set_are_read(tmp_path: Path) -> None:
    """Each issuer has its own file, of one kind or the other."""
    other = BLOCK.replace('"club"', '"guild"').replace("id.example", "guild.example")
    path = issued(tmp_path, BLOCK + other.replace("key_file", "jwks_file").replace(".pem", ".json"))
    put(tmp_path / "secrets" / "club.json", jwks(jwk("EdDSA"), jwk("RS256")))
    issuers = load(path).secrets.issuers
    assert [(one.name, one.algorithm, list(one.keys)) for one in issuers] == [
        ("club", "EdDSA", [None]),
        ("guild", "EdDSA", ["k1"]),
    ]


RULES = {
    'name = "a b"': 'auth.issuer[0].name = "a b": 1 to 64 of A-Z a-z 0-9 _ . -',
    'name = ""': 'auth.issuer[0].name = "": 1 to 64 of A-Z a-z 0-9 _ . -',
    'issuer = "matchd"': 'auth.issuer[0].issuer = "matchd": that of auth.token_issuer, or of '
    "another block",
    'key_file = ""': "auth.issuer[0]: one of key_file and jwks_file must be set",
    'algorithm = "none"': 'auth.issuer[0].algorithm = "none": allowed is "ES256" or "EdDSA" or '
    '"HS256" or "RS256"',
    'audience = ""': 'auth.issuer[0].audience = "": allowed is a string that is not empty',
}


@pytest.mark.parametrize(("line", "expected"), RULES.items(), ids=list(RULES))
def test_rules(tmp_path: Path, line: str, expected: str) -> None:
    """What is wrong is named with its block, its value and what is allowed."""
    key = line.partition(" ")[0]
    text = "\n".join(line if one.startswith(f"{key} =") else one for one in BLOCK.split("\n"))
    assert expected == complaint(issued(tmp_path, text))


def test_names_are_told_apart(tmp_path: Path) -> None:
    """No two blocks have one name: it is part of ids."""
    expected = 'auth.issuer[0].name = "club": each name once'
    assert expected == complaint(issued(tmp_path, BLOCK + BLOCK))


def test_issuers_are_told_apart(tmp_path: Path) -> None:
    """No two blocks have one issuer: it is what a token is known by."""
    second = BLOCK.replace('name = "club"', 'name = "guild"')
    said = complaint(issued(tmp_path, BLOCK + second))
    assert said.startswith('auth.issuer[1].issuer = "https://id.example": that of')


def test_a_key_that_does_not_fit(tmp_path: Path) -> None:
    """The file and the reason are named, the key is not."""
    said = complaint(issued(tmp_path, key=public_pem("RS256")))
    file = tmp_path / "secrets" / "club.pem"
    expected = f'auth.issuer[0].key_file = "club.pem": {file}: EdDSA needs a public Ed25519 key'
    assert expected == said


def test_a_shared_secret_is_read_as_it_stands(tmp_path: Path) -> None:
    """The line break at its end is no part of it."""
    secret = "a shared secret of more than 32 bytes"
    text = BLOCK.replace("EdDSA", "HS256")
    path = issued(tmp_path, text, secret + "\n")
    assert load(path).secrets.issuers[0].keys == {None: secret.encode()}


def test_nobody_else_is_believed_by_default(tmp_path: Path) -> None:
    """There is no issuer in the shipped file."""
    assert loaded(tmp_path).secrets.issuers == ()


def test_the_shipped_block_shows_its_defaults() -> None:
    """The block that is commented out has every key, and those with a default at theirs."""
    shown = {key: value for key, (value, _) in lines().items() if key.startswith("auth.issuer.")}
    text = "".join(f"{key.rpartition('.')[2]} = {value}\n" for key, value in shown.items())
    text = text.replace('issuer = ""', 'issuer = "i"').replace('audience = ""', 'audience = "a"')
    expected = AuthIssuer(name="", issuer="i", audience="a", algorithm="EdDSA")
    assert parse(tomllib.loads(f"[[auth.issuer]]\n{text}")).auth.issuer == (expected,)
