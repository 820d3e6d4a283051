"""What is kept of people and is due to go: logins that expired, old revocations, what was spent, old
messages, reports, and lines of the journal.
"""

from __future__ import annotations

from contextlib import suppress

import trio

from matchd.clock import Clock
from matchd.domain.journal import Book
from matchd.errors import StoreUnavailable
from matchd.services.revocations import Revocations
from matchd.services.settings import Current
from matchd.store.ports import PeopleStore

PERIOD = 30.0
"""Seconds between two sweeps."""


class Tidier:
    """Sweeps the durable half of the store; on several nodes each does, and none minds."""

    def __init__(
        self, store: PeopleStore, current: Current, revocations: Revocations, clock: Clock
    ) -> None:
        self._store = store
        self._current = current
        self._revocations = revocations
        self._clock = clock

    async def tidy(self) -> int:
        """Remove all that is due now, a bounded step at a time; how much that was."""
        total, now = 0, self._clock.wall()
        while done := await self._step(now):
            total += done
        return total

    async def run(self) -> None:
        """Tidy until cancelled; what a store that is away keeps is removed when it is back."""
        while True:
            with suppress(StoreUnavailable):  # the node says so already
                await self.tidy()
            await trio.sleep(PERIOD)

    async def _step(self, now: float) -> int:
        logins = await self._store.logins.sweep(now, self._revocations.retention)
        spent = await self._store.spent.sweep(now)
        settings = self._current.settings
        messages = await self._store.chat.sweep(now, settings.chat_keep)
        reports = await self._store.reports.sweep(now, settings.reports_keep)
        journal = self._store.journal
        lines = await journal.prune(Book.JOURNAL, settings.journal_keep, now)
        lines += await journal.prune(Book.AUDIT, settings.audit_keep, now)
        return logins + spent + messages + reports + lines
