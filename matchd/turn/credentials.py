"""Minting of short-lived TURN credentials, exactly as coturn, eturnal and pion check them.

username = `<expiry>:<user part>`, password = base64(HMAC-SHA1(secret, username)), standard
alphabet, padded: draft-uberti-behave-turn-rest-00, section 2.2. SHA-1 is no choice of ours: no
server checks anything else, and HMAC-SHA1 is not touched by SHA-1's collisions. The key is the
secret's text; a hex or base64 secret is not decoded.

The expiry gates new allocations; a running relay outlives it on coturn. The user part is what
coturn counts its `user-quota` by, so it is the same for all credentials of one player and never
holds a room or session. `matchd.turn` and services import this module.
"""

import base64
import hashlib
import hmac
import re
from functools import lru_cache
from typing import ClassVar

from matchd.turn.hidden import Hidden

LAST_EXPIRY = 2**31 - 1  # coturn compares the expiry as a signed 32-bit number
MIN_PEPPER = 16
REMEMBERED = 10_000
"""User parts that are not derived or checked anew."""
SECRETS = 64
"""Secrets of servers that are not prepared anew."""

_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Credential(Hidden, frozen=True, kw_only=True):
    """One username and password for TURN; `expires_at` is in Unix seconds, that second included."""

    _hidden: ClassVar[frozenset[str]] = frozenset({"password"})

    username: str
    password: str
    expires_at: int


@lru_cache(REMEMBERED)
def check_user(user: str) -> None:
    """Refuse a user part outside `[A-Za-z0-9_-]{1,64}`, or one that coturn takes for SQL."""
    if not _USER.fullmatch(user):
        raise ValueError(f"The TURN user {user!r} is not 1 to 64 of A-Z a-z 0-9 _ -.")
    lowered = user.lower()
    if "union" in lowered and "select" in lowered:
        raise ValueError("The TURN user has union and select in it: coturn answers that with 400.")


def mint(secret: str, user: str, *, ttl: int, now: float) -> Credential:
    """Make the credential of `user` that is good for `ttl` seconds from `now` (Unix seconds).

    Raises ValueError for a user part that is not allowed, and where the credential would be
    expired at birth: a `ttl` below 1, or a clock past January 2038, the servers' last second.
    """
    check_user(user)
    expires_at = min(int(now + ttl), LAST_EXPIRY)
    if ttl < 1 or expires_at <= now:
        raise ValueError(f"A TURN credential of {ttl} s from {int(now)} would be expired at birth.")
    username = f"{expires_at}:{user}"
    mac = _keyed(secret).copy()
    mac.update(username.encode())
    password = base64.b64encode(mac.digest()).decode("ascii")
    return Credential(username=username, password=password, expires_at=expires_at)


@lru_cache(SECRETS)
def _keyed(secret: str) -> hmac.HMAC:
    """What has taken in the key already, to be copied: that takes longer than the username."""
    return hmac.new(secret.encode(), digestmod=hashlib.sha1)


@lru_cache(REMEMBERED)
def user_part(pepper: bytes, identity: str) -> str:
    """Derive the user part of an account, host or guest address: stable, and opaque on the wire.

    The first 16 hex digits of HMAC-SHA256(pepper, identity). TURN usernames travel in the clear,
    so the pepper (at least 16 bytes, else ValueError) keeps them from being looked up.
    """
    if len(pepper) < MIN_PEPPER:
        raise ValueError(f"The pepper of TURN users is shorter than {MIN_PEPPER} bytes.")
    return hmac.digest(pepper, identity.encode(), hashlib.sha256).hex()[:16]
