"""Tokens: only what we signed, whole and in time, is believed (wire.md 1.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from matchd.errors import BadToken
from matchd.keys import Keyring, SigningKey, generate_keyring
from tests.house import EPOCH, KEYRING, House

KEY = KEYRING.keys[0]
GOOD: dict[str, Any] = {
    "iss": "matchd",
    "sub": "u_ann",
    "role": "player",
    "iat": EPOCH,
    "exp": EPOCH + 3600,
    "jti": "j1",
}


def signed(
    kid: str | None = KEY.kid, key: Ed25519PrivateKey = KEY.private, **claims: object
) -> str:
    """A token with these claims; a claim of None is left out."""
    payload = {name: value for name, value in (GOOD | claims).items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(payload, key, algorithm="EdDSA", headers=headers)


def part(value: object) -> str:
    """One part of a token, unsigned."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_algorithm(name: str) -> str:
    """A token whose header claims another algorithm and whose MAC is keyed with our public key."""
    header = {"alg": name, "typ": "JWT", "kid": KEY.kid}
    if name == "none":
        return f"{part(header)}.{part(GOOD)}."
    signer = jwt.algorithms.get_default_algorithms()[name]
    text = f"{part(header)}.{part(GOOD)}"
    public = KEY.public.public_bytes_raw()
    return f"{text}.{part(signer.sign(text.encode(), public))}"


REFUSED: dict[str, Callable[[], str]] = {
    "alg none": lambda: by_algorithm("none"),
    "HS256 with the public key": lambda: by_algorithm("HS256"),
    "wrong issuer": lambda: signed(iss="another"),
    "no exp": lambda: signed(exp=None),
    "no iat": lambda: signed(iat=None),
    "no jti": lambda: signed(jti=None),
    "no sub": lambda: signed(sub=None),
    "no role": lambda: signed(role=None),
    "no iss": lambda: signed(iss=None),
    "unknown role": lambda: signed(role="root"),
    "empty sub": lambda: signed(sub=""),
    "long sub": lambda: signed(sub="x" * 161),
    "sub no text": lambda: signed(sub=7),
    "exp no number": lambda: signed(exp="soon"),
    "expired": lambda: signed(exp=EPOCH - 1),
    "expires now": lambda: signed(exp=EPOCH),
    "issued in the future": lambda: signed(iat=EPOCH + 3600, exp=EPOCH + 7200),
    "for an audience": lambda: signed(aud="elsewhere"),
    "no kid": lambda: signed(kid=None),
    "unknown kid": lambda: signed(kid="unknown"),
    "another's key": lambda: signed(key=Ed25519PrivateKey.generate()),
    "kid no text": lambda: f"{part({'alg': 'EdDSA', 'kid': 7})}.{part(GOOD)}.x",
    "tampered": lambda: signed()[:-4] + "AAAA",
    "empty": lambda: "",
    "dots": lambda: "..",
    "garbage": lambda: "a.b.c",
    "not ASCII": lambda: "ä.ö.ü",
    "a surrogate": lambda: "\ud800.b.c",
    "huge": lambda: f"{part(GOOD)}.{'x' * 100_000}.y",
    "nested too deep": lambda: f"{part(b'[' * 99_999)}.{part(GOOD)}.x",
    "a number too long": lambda: f"{part(b'9' * 9_999)}.{part(GOOD)}.x",
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_refused(house: House, make: Callable[[], str]) -> None:
    """Each of these is a BadToken and nothing else, the second time too."""
    token = make()
    for _ in range(2):
        with pytest.raises(BadToken):
            house.tokens.verify(token)


async def test_what_is_believed(house: House) -> None:
    """A token of ours says who calls; a minute of skew in `iat` is forgiven."""
    claims = house.tokens.verify(signed(iat=EPOCH + 59, name="Ann"))
    assert (claims.sub, claims.role, claims.name) == ("u_ann", "player", "Ann")


async def test_the_cache_honours_expiry(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """A token that was believed is refused from its `exp` on."""
    token = house.token(ttl=60)
    house.tokens.verify(token)
    await trio.sleep(59)
    house.tokens.verify(token)
    await trio.sleep(1)
    with pytest.raises(BadToken):
        house.tokens.verify(token)


async def test_a_new_key_in_front_logs_nobody_out(house: House) -> None:
    """After a rotation, tokens of the old and of the new key are believed."""
    old = house.token()
    fresh = generate_keyring()
    rotated = Keyring(fresh.keys + KEYRING.keys)
    house.change(keyring=rotated)
    new = house.token(keyring=rotated)
    assert jwt.get_unverified_header(new)["kid"] == fresh.keys[0].kid
    assert {house.tokens.verify(token).sub for token in (old, new)} == {"u_ann"}


async def test_a_key_taken_away_ends_its_tokens(house: House) -> None:
    """The cache forgets what a key that is gone has signed."""
    token = house.token()
    house.tokens.verify(token)
    house.change(keyring=generate_keyring())
    with pytest.raises(BadToken):
        house.tokens.verify(token)


async def test_a_key_exchanged_under_its_kid_ends_its_tokens(house: House) -> None:
    """The same kid with another key verifies nothing that the old one signed."""
    token = house.token()
    house.tokens.verify(token)
    house.change(keyring=Keyring((SigningKey(KEY.kid, Ed25519PrivateKey.generate()),)))
    with pytest.raises(BadToken):
        house.tokens.verify(token)


async def test_the_cache_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its size the oldest token is forgotten, and simply verified again."""
    monkeypatch.setattr("matchd.services.tokens.CACHE", 2)
    tokens = [house.token(subject=f"u_{n}") for n in range(3)]
    for token in tokens:
        house.tokens.verify(token)
    assert list(house.tokens._cache) == tokens[1:]
    assert house.tokens.verify(tokens[0]).sub == "u_0"
