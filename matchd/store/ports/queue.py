"""The port of the queue (wire.md 6): places, and the one step that turns them into a game.

Who fits whom is decided by the domain (domain/pairing.py) on what `line` shows; `pair` then takes
the tickets out, puts the game in and seats its players in one step, if all that still holds. Times
are in the store's clock, which the answers tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.games import Game
from matchd.domain.ids import AccountId, Address, GameId, TicketId
from matchd.domain.queue import Place, Ticket
from matchd.domain.ratings import Rating


class Lined(msgspec.Struct, frozen=True):
    """The oldest tickets of a line, oldest first, as of `now`."""

    now: float
    tickets: tuple[Ticket, ...]


class Queued(msgspec.Struct, frozen=True):
    """A ticket is in: with its seniority and place, and the line that it stands in now."""

    place: Place
    line: Lined

    @property
    def ticket(self) -> Ticket:
        """As it stands."""
        return self.place.ticket


class Seated(msgspec.Struct, frozen=True):
    """Somebody is in the queue or in a game already; nothing was changed."""

    account: AccountId
    ticket: TicketId | None
    game: GameId | None


class Cooling(msgspec.Struct, frozen=True):
    """Somebody has broken a match and has to wait, in seconds; nothing was changed."""

    account: AccountId
    seconds: float


class Outrated(msgspec.Struct, frozen=True):
    """Ratings have changed since they were looked up; nothing was changed."""

    ratings: dict[AccountId, Rating]


class Stand(msgspec.Struct, frozen=True):
    """Where somebody is: in the queue, in a game that is not over, or (neither) nowhere."""

    place: Place | None = None
    game: Game | None = None


class Paired(msgspec.Struct, frozen=True):
    """The game is there; these calls wait for it."""

    game: Game
    waiters: tuple[Address, ...]


class Stale(msgspec.Struct, frozen=True):
    """A ticket is gone, or its lease is over; nothing was changed."""


class Apart(msgspec.Struct, frozen=True):
    """One of these two blocks the other; nothing was changed."""

    pair: frozenset[AccountId]


class QueuePort(Protocol):
    """The queue: who waits for a game."""

    async def enter(
        self, ticket: Ticket, now: float, *, look: int, rated: bool
    ) -> Queued | Seated | Cooling | Outrated:
        """Take a place for all its players or none; shows up to `look` tickets of the line. `rated`:
        the ratings in it have to be those of its mode.
        """

    async def withdraw(self, account: AccountId, now: float) -> Ticket | None:
        """Take somebody's whole ticket out."""

    async def stand(
        self, account: AccountId, now: float, *, renew: bool = False, waiter: Address | None = None
    ) -> Stand:
        """Where somebody is; `renew` his lease, and tell `waiter` of his game when it comes."""

    async def renew(self, accounts: Iterable[AccountId], now: float) -> dict[AccountId, GameId]:
        """Renew the leases of all of these who are in the queue; those who are in a game."""

    async def line(self, line: str, limit: int, now: float) -> Lined:
        """Up to `limit` tickets of a line."""

    async def lines(self) -> dict[str, int]:
        """How many tickets stand in each line."""

    async def pair(self, game: Game, now: float) -> Paired | Stale | Apart:
        """Make this game of its tickets, unless somebody blocks somebody."""

    async def turn(self, every: float, now: float) -> tuple[str, ...] | None:
        """The lines that somebody stands in, for one caller in so many seconds; None for the others."""

    async def lapse(self, limit: int, now: float) -> tuple[Ticket, ...]:
        """Take out up to `limit` tickets whose lease is over; none just after an outage."""
