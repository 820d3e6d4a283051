"""What a revocation closes: the sockets of the login or account, on this node (wire.md 1.3).

A ban or a deletion closes all that an account has open here. A socket in a room was opened by a grant,
which belongs to an account and to none of its logins; so when one login ends these are closed only if
the account has no other.
"""

from __future__ import annotations

from typing import Protocol

import trio

from matchd.domain.ids import AccountId
from matchd.domain.logins import Cause, Revocation
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close
from matchd.services.revocations import PERIOD, farewell
from matchd.store.ports import LoginsPort


class Holder(Protocol):
    """Somebody who holds sockets of accounts."""

    def holds(self, account: AccountId) -> bool:
        """Whether this account has any open here."""

    def end_account(self, account: AccountId, code: Close, reason: str) -> None:
        """Close all of an account."""


class Endings:
    """Closes what was revoked. `take` listens to the log, `run` asks about logins that ended."""

    def __init__(self, logins: LoginsPort, *holders: Holder) -> None:
        # Fixed after construction.
        self._logins = logins
        self._holders = holders
        # Changed only in sync functions: accounts that may have no login left.
        self._doubtful: dict[AccountId, Cause] = {}
        self._wake = trio.Event()

    def take(self, entry: Revocation) -> None:
        """Close at once what is certain, and ask about the rest."""
        if entry.login is None:
            self._end(entry.account, entry.cause)
        elif any(holder.holds(entry.account) for holder in self._holders):
            self._doubtful[entry.account] = entry.cause
            self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            try:
                await self._ask()
            except StoreUnavailable:
                self._wake.set()
                await trio.sleep(PERIOD)

    async def _ask(self) -> None:
        for account, cause in tuple(self._doubtful.items()):
            if not await self._logins.of_account(account):
                self._end(account, cause)
            self._doubtful.pop(account, None)

    def _end(self, account: AccountId, cause: Cause) -> None:
        code, reason = farewell(cause)
        for holder in self._holders:
            holder.end_account(account, code, reason)
