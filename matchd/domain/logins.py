"""Logins: the family of refresh tokens that one device got, and what ends it (wire.md 4). Pure.

Theory of operation: a family keeps the hash of its current token and of the one before. Presenting the
current one (`rotate`) puts its successor in its place. A successor is derived from the token before it
with a secret of the server, so whoever asks again because the answer was lost asks for the same
successor: that is repeated for `OVERLAP` seconds and changes nothing. Any other token of the family was
used before, by a thief or by its owner after the thief: the family ends.

A thief who is quick enough to repeat within the overlap has the same successor as its owner; the later
one of the two to rotate that again is found out, so a theft never lasts beyond the next rotation.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import AccountId, LoginId

OVERLAP = 60.0
"""Seconds in which the same rotation may be asked for again."""

MOST = 64
"""Logins that an account has at once; one more ends the one that was idle the longest."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One login. Times are wall-clock seconds; hashes are of refresh tokens."""

    id: LoginId
    account: AccountId
    device: str
    current: bytes
    created_at: float
    rotated_at: float
    expires_at: float
    previous: bytes | None = None


class Rotation(enum.Enum):
    """What presenting a token means."""

    ROTATED = enum.auto()
    REPEATED = enum.auto()
    REUSED = enum.auto()


class Cause(enum.StrEnum):
    """Why a login ended, or every token of an account was revoked."""

    LOGOUT = "logout"
    REUSED = "reused"
    REPLACED = "replaced"
    PASSWORD = "password"  # noqa: S105  # the name of a cause
    BANNED = "banned"
    DELETED = "deleted"


class Revocation(msgspec.Struct, frozen=True):
    """One entry of the log: this login's access tokens, or (`login` None) all of the account issued up
    to `at`, are void. `seq` rises by one with each entry.
    """

    seq: int
    at: float
    account: AccountId
    login: LoginId | None
    cause: Cause


def rotate(login: Login, presented: bytes, successor: bytes, now: float) -> Rotation:
    """What presenting a token of this login means; only ROTATED changes it."""
    if presented == login.current:
        return Rotation.ROTATED
    again = presented == login.previous and successor == login.current
    if again and now - login.rotated_at <= OVERLAP:
        return Rotation.REPEATED
    return Rotation.REUSED


def rotated(login: Login, successor: bytes, now: float, expires_at: float) -> Login:
    """The login after its current token was presented."""
    return msgspec.structs.replace(
        login,
        current=successor,
        previous=login.current,
        rotated_at=now,
        expires_at=expires_at,
    )
