"""Tokens of our own: minting, and verifying with a cache (wire.md 1.2).

EdDSA (RFC 8037) only, `kid` names the key, `exp` is required. The algorithm is fixed here and never
taken from the token, so `none` and algorithm confusion have no door.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import Annotated

import jwt
import msgspec

from matchd.clock import Clock
from matchd.domain.callers import Role
from matchd.errors import BadToken
from matchd.keys import Keyring
from matchd.services.settings import Current

ALGORITHM = "EdDSA"
CACHE = 10_000
_REQUIRED = ["iss", "sub", "role", "iat", "exp", "jti"]

Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=160)]


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says. Times are Unix seconds."""

    sub: Subject
    role: Role
    iat: int
    exp: int
    jti: str
    iss: str
    name: str | None = None


def mint(
    keyring: Keyring, *, issuer: str, role: Role, subject: str, name: str | None, now: int, ttl: int
) -> str:
    """A signed token; `now` and `ttl` in seconds."""
    key = keyring.keys[0]
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": subject,
        "role": role.value,
        "iat": now,
        "exp": now + ttl,
        "jti": secrets.token_urlsafe(12),
    }
    if name is not None:
        claims["name"] = name
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


class Tokens:
    """Verifies tokens with the keys in force; a token is checked once until it expires."""

    def __init__(self, current: Current, clock: Clock) -> None:
        self._current = current
        self._clock = clock
        self._cache: OrderedDict[str, Claims] = OrderedDict()
        self._cached_for: Keyring | None = None

    def verify(self, token: str) -> Claims:
        """The token's claims; BadToken for anything that is not ours and valid now."""
        keyring = self._current.settings.keyring
        if keyring is not self._cached_for:
            self._cache.clear()
            self._cached_for = keyring
        now = self._clock.wall()
        claims = self._cache.get(token)
        if claims is None:
            claims = self._cache[token] = self._decode(token, keyring)
            if len(self._cache) > CACHE:
                self._cache.popitem(last=False)
        if claims.exp <= now or claims.iat > now + 60:
            del self._cache[token]
            raise BadToken("The token has expired or is not valid yet.")
        return claims

    def _decode(self, token: str, keyring: Keyring) -> Claims:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = keyring.find(kid) if isinstance(kid, str) else None
            if key is None:
                raise BadToken
            raw = jwt.decode(
                token,
                key.public,
                algorithms=[ALGORITHM],
                issuer=self._current.settings.issuer,
                # Times are compared by our own clock above; here they must only be present.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            return msgspec.convert(raw, Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
            # RecursionError: PyJWT 2.10 lets it out for a header that nests too deep.
            raise BadToken from None
