"""Tokens of foreign issuers (wire.md 1.2): verified with the issuer's own key, by its one algorithm.

The issuer is chosen by the token's `iss`, everything else by the configuration: what the header says
of the algorithm, of keys or of places to fetch them from is never followed. `kid` only picks one of
the keys that the configuration has. Times are compared by our own clock, in `tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import jwt
import msgspec

from matchd.domain import ids
from matchd.domain.accounts import foreign_account_id
from matchd.domain.ids import AccountId
from matchd.errors import BadToken, InvalidRequest

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]

Time = Annotated[float, msgspec.Meta(ge=0, le=1e11)]

_OPTIONS: Any = {
    "require": ["iss", "aud", "sub", "exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class Issuer(msgspec.Struct, frozen=True):
    """Somebody whose tokens are believed. Its repr shows no key.

    `keys` by their `kid`; a key that stands alone may have none.
    """

    name: str
    issuer: str
    audience: str
    algorithm: Algorithm
    keys: Mapping[str | None, Any]

    def key(self, kid: object) -> Any:
        """The key that a header means; None when there is none."""
        if len(self.keys) == 1 and (kid is None or None in self.keys):
            return next(iter(self.keys.values()))
        return self.keys.get(kid) if isinstance(kid, str) else None

    def __repr__(self) -> str:
        return f"Issuer({self.name})"


class ForeignClaims(msgspec.Struct, frozen=True):
    """What a verified token of a foreign issuer says. Times are Unix seconds."""

    sub: str
    exp: Time
    nbf: Time = 0
    iat: Time = 0
    name: str | None = None
    preferred_username: str | None = None

    def account(self, issuer: Issuer) -> AccountId:
        """Whose token it is."""
        try:
            return ids.account_id(foreign_account_id(issuer.name, self.sub), "sub")
        except InvalidRequest:
            raise BadToken from None


def verified(token: str, kid: object, issuer: Issuer) -> ForeignClaims:
    """The claims of a token that this issuer has signed for us; BadToken or a PyJWTError otherwise."""
    key = issuer.key(kid)
    if key is None:
        raise BadToken
    raw = jwt.decode(
        token,
        key,
        algorithms=[issuer.algorithm],
        issuer=issuer.issuer,
        audience=issuer.audience,
        options=_OPTIONS,
    )
    return msgspec.convert(raw, ForeignClaims)
