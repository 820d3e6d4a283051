"""Keys, recovery phrases and locked files of client.js in Node, beside what Python makes of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.site.test_node import MODULE, NODE, PLAYERS, flags

ENTROPIES = {
    "00" * 16: "abandon " * 11 + "about",
    "7f" * 16: "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "80" * 16: "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
    "ff" * 32: "zoo " * 23 + "vote",
}
"""Phrases that BIP-39 gives with their bits."""


def expected(phrase: str) -> list[str]:
    """A phrase, the seed of its key, and the public key (BIP-39, SLIP-0010)."""
    seed = hashlib.pbkdf2_hmac("sha512", phrase.encode(), b"mnemonic", 2048)
    private = hmac.digest(b"ed25519 seed", seed, "sha512")[:32]
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return [phrase, private.hex(), base64.b64encode(public).decode()]


@pytest.mark.skipif(NODE is None, reason="Node is not installed (Debian package nodejs)")
async def test_keys_in_node() -> None:
    """A phrase is the key that others would make of it; mistakes and other servers are refused."""
    assert NODE is not None
    version = (await trio.run_process([NODE, "--version"], capture_stdout=True)).stdout.decode()
    script = str(PLAYERS.with_name("keys.mjs"))
    command = [
        NODE,
        *flags(version),
        "--no-warnings",
        script,
        str(MODULE),
        json.dumps([*ENTROPIES]),
    ]
    seen = json.loads((await trio.run_process(command, capture_stdout=True)).stdout)
    assert seen == {
        "known": [expected(phrase) for phrase in ENTROPIES.values()],
        "again": True,
        "mistakes": ["invalid_phrase"] * 4,
        "files": [
            [True, {"friends": ["bob"]}],
            "wrong_password",
            "invalid_backup",
            "invalid_backup",
            False,
        ],
        "logins": ["bad_credentials", "bad_credentials", "other_origin", "bad_credentials"],
        # Whom nothing is signed for is asked for a challenge alone.
        "asked": 7,
    }
