"""What was revoked, on this node: read from the store's log, asked for each token (wire.md 1.2, 1.3).

Theory of operation: every logout, ban, password change and deletion is an entry of one log in the
store (ports/logins.py). Each node reads on from its own cursor every `PERIOD`, and at once after
it has added something itself. So it depends on no news between nodes, and a gap in those is no gap
here. What was read is kept as long as a token that it voids could live; a node reads all of it before
it serves. When the log itself has lost entries, what is known here stays known.

Whoever holds sockets listens, and closes those of the login or account.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from matchd.clock import Clock
from matchd.domain.logins import Cause, Revocation
from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.protocol.news import Close
from matchd.services.settings import Current
from matchd.store.ports import LoginsPort

_log = get_logger()

PERIOD = 1.0
"""Seconds between two looks at the log."""

PAGE = 1000
"""Entries that are read at once."""

SPARE = 300.0
"""Seconds that entries are kept beyond the life of a token, for clocks that differ."""

Listener = Callable[[Revocation], None]

_CLOSES = {Cause.BANNED: Close.FORBIDDEN, Cause.DELETED: Close.GONE}
_REASONS = {
    Cause.LOGOUT: "logged out",
    Cause.REUSED: "logged out: an old refresh token was used",
    Cause.REPLACED: "logged out: too many logins",
    Cause.PASSWORD: "logged out: the password was changed",
    Cause.BANNED: "banned",
    Cause.DELETED: "the account was deleted",
}


def farewell(cause: Cause) -> tuple[Close, str]:
    """How sockets are closed for this cause (wire.md 1.3)."""
    return _CLOSES.get(cause, Close.UNAUTHORIZED), _REASONS[cause]


class Revocations:
    """The log as far as this node has read it."""

    def __init__(self, logins: LoginsPort, current: Current, clock: Clock) -> None:
        # Fixed after construction.
        self._store = logins
        self._current = current
        self._clock = clock
        # Changed only in sync functions. Since when is void, by login and by account, oldest first.
        self.cursor = 0
        """The last entry that was read."""
        self.gaps = 0
        """How often the log had lost entries that were not read."""
        self._logins: dict[str, float] = {}
        self._accounts: dict[str, float] = {}
        self._listeners: list[Listener] = []
        self._behind = False

    def listen(self, listener: Listener) -> None:
        """Tell every entry that is read from now on."""
        self._listeners.append(listener)

    def is_void(self, account: str, login: str | None, issued_at: int) -> bool:
        """Whether a token of this login (None: of none), issued then, was revoked."""
        if login is not None and login in self._logins:
            return True
        return issued_at <= self._accounts.get(account, -1.0)

    def first_valid(self, account: str) -> int:
        """The earliest time of issue that is not void for an account."""
        return int(self._accounts.get(account, -1.0)) + 1

    @property
    def retention(self) -> float:
        """How long an entry matters, in seconds."""
        return self._current.settings.token_ttl + SPARE

    async def read(self) -> None:
        """Read the log to its end."""
        more = True
        while more:
            cursor = self.cursor
            page = await self._store.revoked_since(cursor, PAGE)
            more = page.more
            if cursor != self.cursor:
                more = True  # somebody else has read on meanwhile
                continue
            if page.gap:
                self.gaps += 1
                _log.warning("revocations.gap", effect="revocations in the gap are not known here")
            self.cursor = page.cursor
            for entry in page.entries:
                self._take(entry)
        self._forget()

    async def run(self) -> None:
        """Read on until cancelled."""
        while True:
            try:
                await self.read()
                if self._behind:
                    _log.info("revocations.read", effect="what was revoked meanwhile holds here")
                self._behind = False
            except StoreUnavailable as error:
                if not self._behind:
                    _log.warning(
                        "revocations.behind",
                        reason=str(error.__cause__ or error),
                        effect="who is banned or logged out elsewhere meanwhile stays in here",
                    )
                self._behind = True
            await trio.sleep(PERIOD)

    def _take(self, entry: Revocation) -> None:
        table, key = self._accounts, str(entry.account)
        if entry.login is not None:
            table, key = self._logins, str(entry.login)
        table.pop(key, None)
        table[key] = entry.at
        for listener in self._listeners:
            listener(entry)

    def _forget(self) -> None:
        oldest = self._clock.wall() - self.retention
        for table in (self._logins, self._accounts):
            while table and (first := next(iter(table.items())))[1] < oldest:
                del table[first[0]]
