"""The queue: modes, tickets, how far a rating may be off, how long it will take, who has to wait.
Pure.

A ticket is one place in the queue: one player, or a party that is never split up over two games. It
stands in the line of its mode and properties, and its seniority is the time it first came, which it
keeps when a match fails that it did not break. Which tickets make a game is said in `pairing`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import msgspec

from matchd.domain.ids import AccountId, Handle, LobbyId, Region, TicketId
from matchd.domain.ratings import Rating

LEASE = 60.0
"""Seconds that a place lasts without a sign of its players."""

COOLDOWNS = (30.0, 60.0, 120.0, 300.0, 600.0, 900.0)
"""Seconds without the queue for the first match that somebody breaks, for the second, and so on."""

FORGIVEN = 3600.0
"""Seconds after which the matches that somebody broke do not count any more."""

RECENT = 16
"""Departures of a line that are remembered, to tell how fast it moves."""

STALE = 600.0
"""Seconds after which they say nothing about now."""


class Mode(msgspec.Struct, frozen=True, kw_only=True):
    """One way to play: how many, on which sides, and how long each step may take.

    With `rating` a player meets those within `window` of his own rating, and `widening` more for each
    second he has waited.
    """

    name: str = "default"
    players: int = 2
    sides: tuple[str, ...] = ("left", "right")
    join_timeout: float = 30.0
    ready_timeout: float = 30.0
    grace: float = 30.0
    rating: bool = False
    window: float = 3.0
    widening: float = 0.2

    @property
    def side_size(self) -> int:
        """Players on each side."""
        return self.players // len(self.sides)

    def reach(self, waited: float) -> float:
        """How far off the rating of others may be for somebody who has waited so long."""
        return self.window + self.widening * max(0.0, waited)


class Entrant(msgspec.Struct, frozen=True):
    """A player in the queue."""

    account: AccountId
    handle: Handle
    rating: Rating = Rating()


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the queue. `joined_at` is its seniority in the store's clock; `region` None: any;
    `properties` is a JSON object as canonical text; `party` is the lobby that its players came from.
    """

    id: TicketId
    mode: str
    entrants: tuple[Entrant, ...]
    joined_at: float
    region: Region | None = None
    properties: str = "{}"
    party: LobbyId | None = None

    @property
    def line(self) -> str:
        """The line it stands in: only tickets of one line meet."""
        return line_of(self.mode, self.properties)

    @property
    def size(self) -> int:
        """How many players it is for."""
        return len(self.entrants)

    @property
    def rating(self) -> float:
        """The rating of a party is that of its members on average."""
        return sum(one.rating.mu for one in self.entrants) / len(self.entrants)

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        """Its players."""
        return tuple(one.account for one in self.entrants)


class Place(msgspec.Struct, frozen=True):
    """Where a ticket stands: from 1, of how many, and in how many seconds it is its turn, if the line
    goes on as it went (None: nothing is known).
    """

    ticket: Ticket
    position: int
    size: int
    eta: int | None


def line_of(mode: str, properties: str) -> str:
    """The name of a line."""
    return f"{mode}:{hashlib.sha256(properties.encode()).hexdigest()[:16]}"


def eta(position: int, left: Sequence[float], now: float) -> int | None:
    """Seconds until the ticket at a position leaves, by the times of the last departures.

    The time since the last of them counts, so that a line which has come to a stop says so.
    """
    recent = [at for at in left if at > now - STALE]
    if len(recent) < 2:
        return None
    return max(1, math.ceil(position * (now - recent[0]) / len(recent)))


def requeued(ticket: Ticket, guilty: frozenset[AccountId], fresh: TicketId) -> Ticket | None:
    """What goes back to the queue when a match fails: the players who did not break it, as old as they
    were.
    """
    left = tuple(one for one in ticket.entrants if one.account not in guilty)
    return msgspec.structs.replace(ticket, id=fresh, entrants=left) if left else None
