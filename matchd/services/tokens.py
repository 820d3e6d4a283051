"""Access tokens: minting ours, and verifying ours and foreign ones with a cache (wire.md 1.2).

Ours are EdDSA (RFC 8037) only, `kid` names the key, `exp` is required. An algorithm is fixed here or in
the configuration of a foreign issuer and never taken from the token, so `none` and algorithm confusion
have no door. A token that a login got carries its id (`lid`) and is void once that login has ended.
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
from matchd.services.foreign import Issuer, verified
from matchd.services.revocations import Revocations
from matchd.services.settings import Current

ALGORITHM = "EdDSA"
CACHE = 10_000
LONGEST = 8192
"""Characters of a token; a longer one is refused unread."""
SKEW = 60
"""Seconds that a clock elsewhere may be ahead of ours."""

_REQUIRED = ["iss", "sub", "role", "iat", "exp", "jti"]

Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=160)]


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says. Times are Unix seconds; `lid` is the login it was made by."""

    sub: Subject
    role: Role
    iat: int
    exp: int
    jti: str
    iss: str
    name: str | None = None
    lid: str | None = None


def mint(
    keyring: Keyring,
    *,
    issuer: str,
    role: Role,
    subject: str,
    name: str | None,
    now: int,
    ttl: int,
    login: str | None = None,
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
    claims |= {} if name is None else {"name": name}
    claims |= {} if login is None else {"lid": login}
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


class Tokens:
    """Verifies tokens with the keys in force; a token is checked once until it expires."""

    def __init__(self, current: Current, clock: Clock, revocations: Revocations) -> None:
        self._current = current
        self._clock = clock
        self._revocations = revocations
        self._cache: OrderedDict[str, Claims] = OrderedDict()
        self._cached_for: tuple[Keyring | None, tuple[Issuer, ...] | None] = (None, None)

    def verify(self, token: str) -> Claims:
        """The token's claims; BadToken for anything that is not valid now."""
        settings = self._current.settings
        keyring, issuers = self._cached_for
        if keyring is not settings.keyring or issuers is not settings.issuers:
            self._cache.clear()
            self._cached_for = (settings.keyring, settings.issuers)
        claims = self._cache.get(token)
        if claims is None:
            claims = self._cache[token] = self._decode(token)
            if len(self._cache) > CACHE:
                self._cache.popitem(last=False)
        if not self._holds(claims):
            del self._cache[token]
            raise BadToken
        return claims

    def _holds(self, claims: Claims) -> bool:
        now = self._clock.wall()
        if claims.exp <= now or claims.iat > now + SKEW:
            return False
        player = claims.role is Role.PLAYER
        return not (player and self._revocations.is_void(claims.sub, claims.lid, claims.iat))

    def _decode(self, token: str) -> Claims:
        try:
            if len(token) > LONGEST:
                raise BadToken
            header = jwt.get_unverified_header(token)
            unread = jwt.decode(token, options={"verify_signature": False})
            issuer = self._issuer(unread.get("iss"))
            if issuer is not None:
                return self._foreign(token, header.get("kid"), issuer)
            return self._ours(token, header.get("kid"))
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
            # RecursionError: PyJWT 2.10 lets it out for a header that nests too deep.
            raise BadToken from None

    def _issuer(self, name: object) -> Issuer | None:
        issuers = self._current.settings.issuers
        return next((issuer for issuer in issuers if issuer.issuer == name), None)

    def _ours(self, token: str, kid: object) -> Claims:
        settings = self._current.settings
        key = settings.keyring.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise BadToken
        raw = jwt.decode(
            token,
            key.public,
            algorithms=[ALGORITHM],
            issuer=settings.issuer,
            # Times are compared by our own clock above; here they must only be present.
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )
        return msgspec.convert(raw, Claims)

    def _foreign(self, token: str, kid: object, issuer: Issuer) -> Claims:
        """A foreign token's claims in our words: always a player's, and not before its `nbf`."""
        claims = verified(token, kid, issuer)
        if max(claims.nbf, claims.iat) > self._clock.wall() + SKEW:
            raise BadToken
        return Claims(
            sub=claims.account(issuer),
            role=Role.PLAYER,
            iat=int(claims.iat),
            exp=int(claims.exp),
            jti="",
            iss=issuer.issuer,
            name=claims.name or claims.preferred_username,
        )
