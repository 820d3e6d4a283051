"""The port of accounts (wire.md 4). Times are wall-clock seconds, stamped by the caller.

What a step voids is in the log of revocations (ports/logins.py) when it returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.accounts import Account, Ban
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Login


class Created(msgspec.Struct, frozen=True):
    """The account is there; `fresh` when this step made it."""

    account: Account
    fresh: bool


class NameTaken(msgspec.Struct, frozen=True):
    """Another account has that handle; nothing was changed."""


class UnknownAccount(msgspec.Struct, frozen=True):
    """There is no such account; nothing was changed."""


class Friend(msgspec.Struct, frozen=True):
    """One line of a list of friends: how the two stand, and since when."""

    other: AccountId
    standing: Standing
    since: float


class Export(msgspec.Struct, frozen=True):
    """All that is kept of an account here."""

    account: Account
    logins: tuple[Login, ...]
    friends: tuple[Friend, ...]


class AccountsPort(Protocol):
    """Accounts: who is known."""

    async def create(self, account: Account, login: Login | None = None) -> Created | NameTaken:
        """Add an account, and with it its first login; one whose id is there already is returned as it
        stands, and gets no login.
        """

    async def get(self, account_id: AccountId) -> Account | None:
        """One account."""

    async def by_handle(self, handle: Handle) -> Account | None:
        """The account that is called so, without regard to case."""

    async def many(self, account_ids: Iterable[AccountId]) -> dict[AccountId, Account]:
        """Those of these accounts that there are; not of one moment when they are very many."""

    async def page(self, prefix: str, after: Handle | None, limit: int) -> tuple[Account, ...]:
        """Up to `limit` accounts whose handle begins so, in order of folded handles, after `after`."""

    async def count(self) -> int:
        """How many there are."""

    async def touch(self, account_id: AccountId, now: float, *, v2: bool = False) -> Account | None:
        """Somebody was here; `v2` sets `v2_only` for good."""

    async def show(self, account_id: AccountId, *, visible: bool) -> Account | None:
        """Say whether friends see the presence of an account."""

    async def rehash(self, account_id: AccountId, old: str, new: str) -> bool:
        """Replace the hash of the same password, if it is still `old`; logins stay."""

    async def set_password(
        self, account_id: AccountId, old: str | None, new: str, *, keep: LoginId | None, now: float
    ) -> bool:
        """Replace the password's hash, if it is still `old` (None: whatever it is), and end all logins
        but `keep`. False for an account that has no password, too.
        """

    async def ban(self, account_id: AccountId, ban: Ban, now: float) -> Account | None:
        """Shut an account out, in place of any former ban; its logins end."""

    async def unban(self, account_id: AccountId) -> Account | None:
        """Let an account in again."""

    async def delete(self, account_id: AccountId, now: float) -> Account | None:
        """Erase an account with its logins and friendships; returns what it was.

        Blocks that others hold against an account that may come back stay theirs.
        """

    async def export(self, account_id: AccountId) -> Export | None:
        """All that is kept of an account."""
