"""The port of logins: families of refresh tokens, and the log of what was revoked (wire.md 4).

The log is in the order in which things were revoked, the same for all nodes: each remembers how far
it has read (`cursor`) and reads on, after any gap too. A cursor that the log doesn't reach back to
(it was pruned, or the store lost its memory) is told, and then everything verified has to be forgotten.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause, Login, Revocation
from matchd.store.ports.accounts import UnknownAccount


class Opened(msgspec.Struct, frozen=True):
    """The login is there; `ended` are older ones that made room for it."""

    login: Login
    ended: tuple[LoginId, ...]


class Banned(msgspec.Struct, frozen=True):
    """The account is shut out; nothing was changed."""

    ban: Ban


class Outdated(msgspec.Struct, frozen=True):
    """The password was changed since it was verified; nothing was changed."""


class Rotated(msgspec.Struct, frozen=True):
    """The login as it stands now; `repeated` when the same rotation was done before."""

    login: Login
    repeated: bool


class Reused(msgspec.Struct, frozen=True):
    """An old token came again: this login has ended."""

    login: Login


class Revoked(msgspec.Struct, frozen=True):
    """Entries after a cursor, oldest first, and the cursor to read on from; `more` when there are
    further ones. `gap`: entries between were lost, and these are all there are.
    """

    entries: tuple[Revocation, ...]
    cursor: int
    more: bool
    gap: bool


class LoginsPort(Protocol):
    """Logins: which device may stay."""

    async def open(
        self, login: Login, verified: str | None, now: float
    ) -> Opened | UnknownAccount | Banned | Outdated:
        """Add a login, and note at its account when that was; `verified` is the password hash that the
        password was verified against.
        """

    async def rotate(
        self,
        login_id: LoginId,
        presented: bytes,
        successor: bytes,
        *,
        expires_at: float,
        now: float,
    ) -> Rotated | Reused | None:
        """Put a token's successor in its place (domain/logins.py); None when unknown or expired."""

    async def get(self, login_id: LoginId) -> Login | None:
        """One login."""

    async def of_account(self, account_id: AccountId) -> tuple[Login, ...]:
        """The logins of an account, oldest first."""

    async def close(self, login_id: LoginId, cause: Cause, now: float) -> Login | None:
        """End one login."""

    async def close_all(
        self, account_id: AccountId, cause: Cause, now: float, *, keep: LoginId | None = None
    ) -> tuple[LoginId, ...]:
        """End all logins of an account but `keep`."""

    async def revoked_since(self, cursor: int, limit: int) -> Revoked:
        """Up to `limit` entries of the log after a cursor (0: all that are kept)."""

    async def sweep(self, now: float, retention: float) -> int:
        """Remove what is due: logins that have expired, which revokes nothing, and entries of the log
        older than `retention` seconds, the longest life of an access token. How many, in bounded steps.
        """
