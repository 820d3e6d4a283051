"""Signing keys: a JWK set of Ed25519 keys in one file; the first signs, all verify (wire.md 1.2).

A key is rotated by putting a new one in front, so nobody is logged out. Used by `services/tokens` and
the command line. The sets are RFC 7517, the keys RFC 8037.
"""

from __future__ import annotations

import base64
import json
import secrets

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_KEYS = 3
"""Keys that a rotation keeps, so one that leaked does not verify for ever."""


class SigningKey(msgspec.Struct, frozen=True):
    """One Ed25519 key and its id. Its repr shows the id alone."""

    kid: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that verifies."""
        return self.private.public_key()

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


class Keyring(msgspec.Struct, frozen=True):
    """One or more keys, newest first."""

    keys: tuple[SigningKey, ...]

    @classmethod
    def from_json(cls, text: str) -> Keyring:
        """Read a JWK set with private Ed25519 keys; ValueError says what is wrong with it."""
        try:
            entries = json.loads(text)["keys"]
            keys = tuple(_from_jwk(entry) for entry in entries)
        except (ValueError, LookupError, TypeError, RecursionError, jwt.PyJWTError):
            # Without the cause: it may quote the key.
            raise ValueError("not a JWK set of Ed25519 private keys") from None
        if not keys:
            raise ValueError("the key set is empty")
        if len({key.kid for key in keys}) != len(keys):
            raise ValueError("two keys have the same kid")
        return cls(keys)

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps({"keys": [_to_jwk(key) for key in self.keys]}, indent=2) + "\n"

    def find(self, kid: str) -> SigningKey | None:
        """The key of that id."""
        return next((key for key in self.keys if key.kid == kid), None)


def generate_keyring() -> Keyring:
    """A set of one new key."""
    return Keyring((_new_key(),))


def rotated(keyring: Keyring) -> Keyring:
    """A new key in front, the newest of the old ones behind it, `MAX_KEYS` in all."""
    return Keyring((_new_key(), *keyring.keys)[:MAX_KEYS])


def _new_key() -> SigningKey:
    return SigningKey(secrets.token_hex(4), Ed25519PrivateKey.generate())


def _from_jwk(entry: object) -> SigningKey:
    if not isinstance(entry, dict) or entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519":
        raise TypeError("not an Ed25519 key")
    key, kid = jwt.PyJWK(entry, algorithm="EdDSA").key, entry["kid"]
    if not isinstance(key, Ed25519PrivateKey) or not isinstance(kid, str) or not kid:
        raise TypeError("not a private key with a kid")
    return SigningKey(kid, key)


def _to_jwk(key: SigningKey) -> dict[str, str]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": key.kid,
        "x": _b64(key.public.public_bytes_raw()),
        "d": _b64(key.private.private_bytes_raw()),
    }


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
