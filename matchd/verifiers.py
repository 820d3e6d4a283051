"""Keys that others sign with: one in PEM or a shared secret, or a JWK set (RFC 7517).

A key is read for exactly one algorithm and has to be of its kind, so a public key can never be taken
for a shared secret. Used by `config`; `services/foreign` verifies with them. ValueError says what is
wrong and quotes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SHORTEST_SECRET = 32
"""Bytes of a secret of HS256 (RFC 7518, 3.2)."""
SHORTEST_RSA = 2048
"""Bits of an RSA key (RFC 7518, 3.3)."""

Keys = Mapping[str | None, Any]


def read_key(text: str, algorithm: str) -> Keys:
    """One key without a `kid`."""
    if algorithm == "HS256":
        secret = text.removesuffix("\n").encode()
        if secret.startswith(b"-----"):
            raise ValueError("HS256 needs a shared secret, not a PEM key")
        return {None: _fitting(secret, algorithm)}
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a PEM public key") from None
    return {None: _fitting(key, algorithm)}


def read_jwks(text: str, algorithm: str) -> Keys:
    """The keys of a JWK set, by their `kid`; those that are for something else are passed over."""
    try:
        entries = [entry for entry in json.loads(text)["keys"] if _is_for(entry, algorithm)]
        pairs = [(entry.get("kid"), jwt.PyJWK(entry, algorithm).key) for entry in entries]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, jwt.PyJWTError):
        raise ValueError("not a JWK set") from None
    keys = {kid: _fitting(key, algorithm) for kid, key in pairs}
    if not keys:
        raise ValueError(f"the key set has no key for {algorithm}")
    if len(keys) != len(pairs):
        raise ValueError("two keys have the same kid")
    if None in keys and len(keys) > 1:
        raise ValueError("a key without a kid must stand alone")
    return keys


def _is_for(entry: Mapping[str, Any], algorithm: str) -> bool:
    kind = {"HS256": "oct", "RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}[algorithm]
    used_so = entry.get("alg", algorithm) == algorithm and entry.get("use", "sig") == "sig"
    return bool(entry["kty"] == kind) and used_so


def _fitting(key: Any, algorithm: str) -> Any:
    match algorithm, key:
        case "HS256", bytes() if len(key) >= SHORTEST_SECRET:
            return key
        case "RS256", RSAPublicKey(key_size=size) if size >= SHORTEST_RSA:
            return key
        case "ES256", EllipticCurvePublicKey(curve=SECP256R1()):
            return key
        case "EdDSA", Ed25519PublicKey():
            return key
    raise ValueError(_WANTED[algorithm])


_WANTED = {
    "HS256": f"HS256 needs a secret of at least {SHORTEST_SECRET} bytes",
    "RS256": f"RS256 needs a public RSA key of at least {SHORTEST_RSA} bits",
    "ES256": "ES256 needs a public key on the curve P-256",
    "EdDSA": "EdDSA needs a public Ed25519 key",
}
