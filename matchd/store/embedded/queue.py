"""The queue in the embedded store (wire.md 6). Backend-internal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from msgspec.structs import replace

from matchd.domain.games import Game
from matchd.domain.ids import AccountId, Address, GameId
from matchd.domain.queue import LEASE, Ticket
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.friends import blocked_in
from matchd.store.embedded.durable.played import ratings_of
from matchd.store.embedded.pool import Pool
from matchd.store.ports import (
    Apart,
    Cooling,
    Lined,
    Outrated,
    Paired,
    Queued,
    Seated,
    Stale,
    Stand,
)


class EmbeddedQueue:
    """The port of the queue over the pool's book; blocks and ratings are in the database."""

    def __init__(self, pool: Pool, database: Database) -> None:
        self._pool = pool
        self._book = pool.play
        self._database = database

    async def enter(
        self, ticket: Ticket, now: float, *, look: int, rated: bool
    ) -> Queued | Seated | Cooling | Outrated:
        """Take a place; nothing comes between the look and the step."""
        book = self._book
        for account in ticket.accounts:
            if account in book.queued or account in book.playing:
                return Seated(account, book.queued.get(account), book.playing.get(account))
        for account in ticket.accounts:
            if (seconds := book.cooling(account, now)) > 0:
                return Cooling(account, seconds)
        if rated:
            known = self._database.read(partial(ratings_of, ticket.mode, ticket.accounts))
            if any(known.get(one.account, one.rating) != one.rating for one in ticket.entrants):
                return Outrated(known)
        mine = replace(ticket, joined_at=book.stamp(now))
        book.put(mine, now)
        return Queued(book.place(mine, now), Lined(now, book.line(mine.line, look)))

    async def withdraw(self, account: AccountId, now: float) -> Ticket | None:  # noqa: ARG002
        """Take a ticket out."""
        ticket_id = self._book.queued.get(account)
        if ticket_id is None:
            return None
        ticket = self._book.tickets[ticket_id]
        self._book.drop(ticket)
        return ticket

    async def stand(
        self, account: AccountId, now: float, *, renew: bool = False, waiter: Address | None = None
    ) -> Stand:
        """Where somebody is."""
        book = self._book
        game_id, ticket_id = book.playing.get(account), book.queued.get(account)
        if game_id is not None:
            return Stand(game=book.games[game_id])
        if ticket_id is None:
            return Stand()
        if renew:
            book.leases[ticket_id] = now + LEASE
        if waiter is not None:
            book.wait(account, waiter)
        return Stand(place=book.place(book.tickets[ticket_id], now))

    async def renew(self, accounts: Iterable[AccountId], now: float) -> dict[AccountId, GameId]:
        """Renew leases."""
        book, playing = self._book, dict[AccountId, GameId]()
        for account in accounts:
            if (ticket_id := book.queued.get(account)) is not None:
                book.leases[ticket_id] = now + LEASE
            elif (game_id := book.playing.get(account)) is not None:
                playing[account] = game_id
        return playing

    async def line(self, line: str, limit: int, now: float) -> Lined:
        """The oldest tickets of a line."""
        return Lined(now, self._book.line(line, limit))

    async def lines(self) -> dict[str, int]:
        """How many stand in each line."""
        return self._book.sizes()

    async def pair(self, game: Game, now: float) -> Paired | Stale | Apart:
        """Make a game of its tickets."""
        book = self._book
        for ticket in game.tickets:
            if ticket.id not in book.tickets or book.leases[ticket.id] <= now:
                return Stale()
        for at, ticket in enumerate(game.tickets):
            others = tuple(one for other in game.tickets[at + 1 :] for one in other.accounts)
            for account in ticket.accounts if others else ():
                blocked = self._database.read(partial(blocked_in, account, others))
                if blocked:
                    return Apart(frozenset((account, min(blocked))))
        return Paired(game, book.pair(game, now))

    async def turn(self, every: float, now: float) -> tuple[str, ...] | None:
        """The lines, for one caller."""
        if now < self._book.turn_at + every:
            return None
        self._book.turn_at = now
        return self._book.lines()

    async def lapse(self, limit: int, now: float) -> tuple[Ticket, ...]:
        """Take out tickets whose lease is over."""
        if self._pool.pulse.is_calm(now):
            return ()
        lapsed = self._book.lapsed(limit, now)
        for ticket in lapsed:
            self._book.drop(ticket)
        return lapsed
