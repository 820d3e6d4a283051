"""Whose booking it is, and whether he may still use it (wire.md 1.2, 1.3).

A grant opens a booking's room to whoever holds it, but not once the account that it was given to is
banned or deleted. A logout voids no grant: it ends a login, and a booking belongs to the account; who
wants to give the match up releases it.
"""

from __future__ import annotations

from matchd.domain.bookings import Booking
from matchd.errors import AccountBanned, AccountGone
from matchd.services.bans import Bans
from matchd.services.revocations import Revocations


class Owners:
    """The accounts that bookings belong to."""

    def __init__(self, bans: Bans, revocations: Revocations) -> None:
        self._bans = bans
        self._revocations = revocations

    async def admit(self, booking: Booking) -> None:
        """Refuse the booking of an account that is banned, or that was deleted since. One that has
        never been here (its token came from the command line) is as good as its token.
        """
        if booking.guest:
            return
        there, ban = await self._bans.look(booking.owner)
        if ban is not None:
            raise AccountBanned
        if not there and self._revocations.is_void(booking.owner, None, int(booking.created_at)):
            raise AccountGone
