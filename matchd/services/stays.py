"""How long a socket that a token opened may stay, and what ends it before (wire.md 1.3).

A native client (`?v=1`) is asked for a new token `NOTICE` seconds before its own expires and closed
when it did; older ones, which can't answer, are closed a grace later. A logout ends the sockets of
its login, a ban or a deletion all of the account. One task looks at all deadlines; there is no
timer per socket.

Every service whose sockets carry an account's token lets this hold them, right after the token was
read and before anything is waited for, so that no revocation falls in between.
"""

from __future__ import annotations

import math
from typing import Protocol

import trio

from matchd.clock import Clock
from matchd.domain.callers import Caller, Role
from matchd.domain.ids import LoginId
from matchd.domain.logins import Revocation
from matchd.errors import BadToken, Forbidden
from matchd.protocol.news import Close
from matchd.services.revocations import Revocations, farewell
from matchd.services.settings import Current
from matchd.services.tokens import Tokens

NOTICE = 60.0
"""Seconds before the end in which a client is asked for a new token."""

TICK = 1.0
"""Seconds between two looks at the deadlines."""


class Lodger(Protocol):
    """A socket that stays by a token; both are sync and never raise."""

    def remind(self, deadline: int) -> None:
        """Ask for a new token, in the words of the dialect; the deadline is in Unix seconds."""

    def end(self, code: Close, reason: str) -> None:
        """Close the socket."""


class Stay:
    """One socket's leave to stay. Changed by `Stays` only."""

    def __init__(self, lodger: Lodger, caller: Caller, grace: float | None) -> None:
        self.lodger = lodger
        self.account = caller.account or ""
        self.login: LoginId | None = caller.login
        self.expires_at = caller.expires_at
        self.grace = grace
        self.reminded = False


class Stays:
    """All sockets of this node that a token opened."""

    def __init__(
        self, current: Current, clock: Clock, tokens: Tokens, revocations: Revocations
    ) -> None:
        # Fixed after construction.
        self._current = current
        self._clock = clock
        self._tokens = tokens
        self._revocations = revocations
        # Changed only in sync functions.
        self._stays: dict[str, dict[Stay, None]] = {}

    def hold(
        self, lodger: Lodger, caller: Caller, *, answers: bool, outlives: bool = False
    ) -> Stay:
        """Let a socket stay as long as its token allows; `answers`: it knows how to bring the next one,
        `outlives`: else no expiry ends it. BadToken when what opened it was revoked meanwhile.
        """
        void = self._revocations.is_void(caller.account or "", caller.login, caller.issued_at)
        if caller.expires_at is not None and void:
            raise BadToken
        grace = math.inf if outlives else self._current.settings.socket_grace
        stay = Stay(lodger, caller, None if answers else grace)
        self._stays.setdefault(stay.account, {})[stay] = None
        return stay

    def release(self, stay: Stay) -> None:
        """The socket is gone."""
        ours = self._stays.get(stay.account, {})
        ours.pop(stay, None)
        if not ours:
            self._stays.pop(stay.account, None)

    def renew(self, stay: Stay, token: str) -> int:
        """Go on by a new token of the same account, until the second that is returned."""
        claims = self._tokens.verify(token)
        if claims.role is not Role.PLAYER or claims.sub != stay.account:
            raise Forbidden("This token is not one of the account that opened this socket.")
        stay.login = None if claims.lid is None else LoginId(claims.lid)
        stay.expires_at, stay.reminded = claims.exp, False
        return claims.exp

    def take(self, entry: Revocation) -> None:
        """Listen to the log: close what it voids."""
        code, reason = farewell(entry.cause)
        for stay in tuple(self._stays.get(entry.account, ())):
            if entry.login is None or entry.login == stay.login:
                self._end(stay, code, reason)

    async def run(self) -> None:
        """Remind and close until cancelled."""
        while True:
            await trio.sleep(TICK)
            now = self._clock.wall()
            for stay in [stay for ours in self._stays.values() for stay in ours]:
                self._look(stay, now)

    def _look(self, stay: Stay, now: float) -> None:
        if stay.expires_at is None:
            return
        if now >= stay.expires_at + (stay.grace or 0.0):
            self._end(stay, Close.UNAUTHORIZED, "the token has expired")
        elif stay.grace is None and now >= stay.expires_at - NOTICE and not stay.reminded:
            stay.reminded = True
            stay.lodger.remind(stay.expires_at)

    def _end(self, stay: Stay, code: Close, reason: str) -> None:
        self.release(stay)
        stay.lodger.end(code, reason)
