"""Whose booking it is, and whether he may still use it (wire.md 1.2, 1.3).

A grant opens a booking's room to whoever holds it, but not once the account that it was given to is
banned or deleted. A logout voids no grant: it ends a login, and a booking belongs to the account; who
wants to give the match up releases it.
"""

from __future__ import annotations

from matchd.clock import Clock
from matchd.domain.bookings import Booking
from matchd.domain.ids import AccountId
from matchd.errors import AccountBanned, AccountGone
from matchd.services.revocations import Revocations
from matchd.store.ports import AccountsPort


class Owners:
    """The accounts that bookings belong to."""

    def __init__(self, accounts: AccountsPort, revocations: Revocations, clock: Clock) -> None:
        self._accounts = accounts
        self._revocations = revocations
        self._clock = clock

    async def admit(self, booking: Booking) -> None:
        """Refuse the booking of an account that is banned, or that was deleted since. One that has
        never been here (its token came from the command line) is as good as its token.
        """
        if booking.guest:
            return
        account = await self._accounts.get(AccountId(booking.owner))
        if account is None:
            if self._revocations.is_void(booking.owner, None, int(booking.created_at)):
                raise AccountGone
        elif account.banned(self._clock.wall()) is not None:
            raise AccountBanned
