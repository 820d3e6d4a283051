"""Who calls: from a presented credential to a Caller, or a refusal (wire.md 1.2).

Comparisons take the same time for every wrong secret; failures are counted per address, and too many
are answered 429. A credential never reaches a log or an error text.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from matchd.domain import ids
from matchd.domain.addresses import REMEMBERED, address_key
from matchd.domain.callers import Caller, Role
from matchd.domain.ids import HostId, LoginId
from matchd.errors import BadToken, Forbidden, InvalidRequest, Refusal, Unauthorized, WrongSecret
from matchd.services.limits import Limiter
from matchd.services.settings import Current
from matchd.services.tokens import Claims, Tokens


class Authenticator:
    """Turns credentials into callers."""

    def __init__(self, current: Current, tokens: Tokens, limiter: Limiter) -> None:
        self._current = current
        self.tokens = tokens
        self._limiter = limiter

    def host(self, bearer: str | None, address: str) -> Caller:
        """A host, by the shared secret or a host token; in mode `open` anyone is one."""
        settings = self._current.settings
        guest = self.guest(address)
        if settings.host_auth == "open":
            return _with_role(guest, Role.HOST)
        if bearer is None:
            raise Unauthorized("A host credential is needed: Authorization: Bearer <secret>.")
        if settings.host_auth == "secret" and self._is_host_secret(bearer):
            return _with_role(guest, Role.HOST)
        if _looks_like_token(bearer):
            claims = self._verify(bearer, guest)
            if claims.role is Role.HOST:
                return _from_claims(guest, claims)
            raise Forbidden("This token is not a host's.")
        raise self._failed(guest, WrongSecret())

    def player(self, bearer: str | None, address: str) -> Caller:
        """A player by his token, or a guest without one."""
        guest = self.guest(address)
        if bearer is None:
            return guest
        claims = self._verify(bearer, guest)
        if claims.role in (Role.HOST, Role.VIEWER):
            raise Forbidden(f"A {claims.role} token can't act as a player.")
        return _from_claims(guest, claims)

    def member(self, bearer: str | None, address: str) -> Caller:
        """A player with an account, by his token."""
        if bearer is None:
            raise Unauthorized
        caller = self.player(bearer, address)
        if caller.role is not Role.PLAYER:
            raise Forbidden("This needs a player's token.")
        return caller

    def admin(self, bearer: str | None, address: str, *, reads: bool = False) -> Caller:
        """An administrator, by a token the command line minted; one who `reads` may be a viewer."""
        guest = self.guest(address)
        if bearer is None:
            raise Unauthorized("An admin token is needed: Authorization: Bearer <token>.")
        claims = self._verify(bearer, guest)
        if claims.role is Role.VIEWER and not reads:
            raise Forbidden("A viewer's token reads, and changes nothing.")
        if claims.role not in (Role.ADMIN, Role.VIEWER):
            raise Forbidden("This needs an admin token.")
        return _from_claims(guest, claims)

    def owns_host(self, caller: Caller, host_id: HostId) -> None:
        """Forbidden when the caller's token is for another host."""
        if caller.host_id is not None and caller.host_id != host_id:
            raise Forbidden("This token belongs to another host.")

    def guest(self, address: str) -> Caller:
        """A caller without credentials."""
        return _guest(address)

    def _is_host_secret(self, bearer: str) -> bool:
        given = bearer.encode("utf-8", "replace")
        secrets = self._current.settings.host_secrets
        matches = [hmac.compare_digest(given, secret.encode()) for secret in secrets]
        return any(matches)

    def _verify(self, token: str, guest: Caller) -> Claims:
        try:
            return self.tokens.verify(token)
        except BadToken as refusal:
            raise self._failed(guest, refusal) from None

    def _failed(self, guest: Caller, refusal: Refusal) -> Refusal:
        self._limiter.check_address(guest.address, guest.address_key, "failures")
        return refusal


@lru_cache(REMEMBERED)
def _guest(address: str) -> Caller:
    return Caller(Role.GUEST, address, address_key(address))


def network_of(caller: Caller) -> str:
    """By what a beat recognises a waiting socket: the token's host, or else the network address."""
    if caller.host_id is not None:
        return f"host:{caller.host_id}"
    return caller.address_key


def _with_role(guest: Caller, role: Role) -> Caller:
    return Caller(role, guest.address, guest.address_key)


def _from_claims(guest: Caller, claims: Claims) -> Caller:
    host_id = None
    if claims.role is Role.HOST:
        try:
            host_id = ids.host_id(claims.sub, "sub")
        except InvalidRequest:
            raise BadToken from None
    return Caller(
        claims.role,
        guest.address,
        guest.address_key,
        claims.sub,
        host_id,
        claims.name,
        None if claims.lid is None else LoginId(claims.lid),
        claims.iat,
        claims.exp,
    )


def _looks_like_token(bearer: str) -> bool:
    return bearer.count(".") == 2
