"""Who is banned, asked for those whom no login let in: they come back all day, and bans are rare.

A token that a login made is void once its account is banned, as the log of revocations says. One from
the command line or of a foreign issuer is not, and a booking's grant outlives it: there the account is
looked up. That it was not banned holds until that log names it, which it does within the same second
at every node (revocations.py); so it is looked up once.
"""

from __future__ import annotations

from collections import OrderedDict

from matchd.clock import Clock
from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId
from matchd.domain.logins import Revocation
from matchd.services.revocations import Revocations
from matchd.store.ports import AccountsPort

REMEMBERED = 10_000
"""Accounts that are not looked up anew; beyond it the one that was found longest ago is."""


class Bans:
    """Looks accounts up, and remembers those that are not banned."""

    def __init__(self, accounts: AccountsPort, revocations: Revocations, clock: Clock) -> None:
        # Fixed after construction.
        self._accounts = accounts
        self._revocations = revocations
        self._clock = clock
        # Changed only in sync functions. Whether the account is there, by its id.
        self._clear: OrderedDict[str, bool] = OrderedDict()
        self._gaps = revocations.gaps
        revocations.listen(self._forget)

    async def look(self, account: str) -> tuple[bool, Ban | None]:
        """Whether there is such an account, and its ban. One that has never been here (its token came
        from the command line) is not.
        """
        if self._gaps != self._revocations.gaps:
            self._gaps = self._revocations.gaps
            self._clear.clear()
        known = self._clear.get(account)
        if known is not None:
            return known, None
        read = self._revocations.cursor
        found = await self._accounts.get(AccountId(account))
        ban = None if found is None else found.banned(self._clock.wall())
        if ban is None and read == self._revocations.cursor:
            self._remember(account, there=found is not None)
        return found is not None, ban

    def _remember(self, account: str, *, there: bool) -> None:
        # Who was deleted may come again, and no entry of the log would say so.
        if there or not self._revocations.first_valid(account):
            self._clear[account] = there
            if len(self._clear) > REMEMBERED:
                self._clear.popitem(last=False)

    def _forget(self, entry: Revocation) -> None:
        self._clear.pop(entry.account, None)
