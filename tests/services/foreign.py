"""A foreign issuer with a key of each algorithm, and the tokens it signs."""

from __future__ import annotations

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa

from matchd.services.foreign import Issuer
from matchd.verifiers import read_jwks, read_key
from tests.house import EPOCH

SECRET = "a shared secret of at least 32 bytes"
PRIVATE: dict[str, Any] = {
    "HS256": SECRET.encode(),
    "RS256": new_rsa(65537, 2048),
    "ES256": generate_private_key(SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate(),
}
GOOD: dict[str, Any] = {
    "iss": "https://id.example",
    "aud": "matchd",
    "sub": "ann",
    "exp": EPOCH + 3600,
    "iat": EPOCH,
    "name": "Ann",
}


def public_pem(algorithm: str) -> str:
    """What the issuer publishes of a key; of a shared secret, the secret."""
    if algorithm == "HS256":
        return SECRET
    encoding = serialization.Encoding.PEM
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem: bytes = PRIVATE[algorithm].public_key().public_bytes(encoding, form)
    return pem.decode()


def jwk(algorithm: str, kid: str | None = "k1", **changes: object) -> dict[str, Any]:
    """The same as an entry of a JWK set."""
    private = PRIVATE[algorithm]
    public = private if algorithm == "HS256" else private.public_key()
    made = jwt.algorithms.get_default_algorithms()[algorithm].to_jwk(public, as_dict=True)
    named = {} if kid is None else {"kid": kid}
    return {**made, **named, **changes}


def jwks(*entries: dict[str, Any]) -> str:
    """A JWK set."""
    return json.dumps({"keys": entries})


def issuer(algorithm: str = "EdDSA", keys: str | None = None) -> Issuer:
    """The issuer as configured for one algorithm; with `keys`, a JWK set."""
    read = (
        read_key(public_pem(algorithm), algorithm) if keys is None else read_jwks(keys, algorithm)
    )
    return Issuer("club", "https://id.example", "matchd", algorithm, read)  # type: ignore[arg-type]  # one of the four


def signed(algorithm: str = "EdDSA", *, kid: str | None = None, **claims: object) -> str:
    """A token of the issuer; a claim of None is left out."""
    payload = {name: value for name, value in (GOOD | claims).items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    raw = json.dumps(payload).encode()  # not `jwt.encode`, which refuses what we have to refuse
    return jwt.PyJWS().encode(raw, PRIVATE[algorithm], algorithm=algorithm, headers=headers)
