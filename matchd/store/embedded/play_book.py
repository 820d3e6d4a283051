"""The queue and the games in memory: tickets, lines, seats, deadlines. Backend-internal.

Changed only by its sync methods, each of which leaves the invariants standing (domain/played.py). A
line is kept as the sorted seniorities of its tickets; `seats` say where each player is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from matchd.domain.games import Game, State
from matchd.domain.ids import AccountId, Address, GameId, NodeId, TicketId
from matchd.domain.played import nodes_of, violations
from matchd.domain.queue import COOLDOWNS, FORGIVEN, LEASE, RECENT, Place, Ticket, eta


class PlayBook:
    """All tickets and games."""

    def __init__(self) -> None:
        self.tickets: dict[TicketId, Ticket] = {}
        self.leases: dict[TicketId, float] = {}
        self.queued: dict[AccountId, TicketId] = {}
        self.games: dict[GameId, Game] = {}
        self.playing: dict[AccountId, GameId] = {}
        self.broken: dict[AccountId, tuple[int, float]] = {}
        self.turn_at = 0.0
        self._stamped = 0.0
        self._lines: dict[str, list[tuple[float, TicketId]]] = {}
        self._left: dict[str, deque[float]] = {}
        self._waiters: dict[AccountId, Address] = {}
        self._due: list[tuple[float, GameId]] = []
        self._of_nodes: dict[NodeId, dict[GameId, None]] = {}

    # The queue.

    def put(self, ticket: Ticket, now: float) -> None:
        """Take a ticket in."""
        self.tickets[ticket.id] = ticket
        self.leases[ticket.id] = now + LEASE
        self.queued.update(dict.fromkeys(ticket.accounts, ticket.id))
        insort(self._lines.setdefault(ticket.line, []), (ticket.joined_at, ticket.id))

    def stamp(self, now: float) -> float:
        """The seniority of who comes now: no two are equal, also where many come in one moment."""
        self._stamped = max(now, self._stamped + 1e-6)
        return self._stamped

    def drop(self, ticket: Ticket) -> None:
        """Take a ticket out."""
        del self.tickets[ticket.id], self.leases[ticket.id]
        for account in ticket.accounts:
            del self.queued[account]
        line = self._lines[ticket.line]
        del line[bisect_left(line, (ticket.joined_at, ticket.id))]
        if not line:
            del self._lines[ticket.line]

    def line(self, name: str, limit: int) -> tuple[Ticket, ...]:
        """The oldest tickets of a line."""
        return tuple(self.tickets[one] for _, one in islice(self._lines.get(name, ()), limit))

    def lines(self) -> tuple[str, ...]:
        """The lines that somebody stands in."""
        return tuple(sorted(self._lines))

    def sizes(self) -> dict[str, int]:
        """How many stand in each."""
        return {name: len(line) for name, line in self._lines.items()}

    def place(self, ticket: Ticket, now: float) -> Place:
        """Where a ticket stands."""
        line = self._lines[ticket.line]
        position = bisect_left(line, (ticket.joined_at, ticket.id)) + 1
        return Place(
            ticket, position, len(line), eta(position, self._left.get(ticket.line, ()), now)
        )

    def wait(self, account: AccountId, waiter: Address) -> None:
        """A call waits for somebody's game."""
        self._waiters[account] = waiter

    def pair(self, game: Game, now: float) -> tuple[Address, ...]:
        """Turn the tickets of a game into it; the calls that wait for it."""
        for ticket in game.tickets:
            self.drop(ticket)
            self._left.setdefault(ticket.line, deque(maxlen=RECENT)).append(now)
        self.replace(None, game)
        waiters = (self._waiters.pop(one.account, None) for one in game.players)
        return tuple(waiter for waiter in waiters if waiter is not None)

    def lapsed(self, limit: int, now: float) -> tuple[Ticket, ...]:
        """Up to `limit` tickets whose lease is over."""
        over = (one for one, until in self.leases.items() if until <= now)
        return tuple(self.tickets[one] for one in islice(over, limit))

    def cooling(self, account: AccountId, now: float) -> float:
        """Seconds until somebody may queue again."""
        count, at = self.broken.get(account, (0, now))
        if now >= at + FORGIVEN:
            del self.broken[account]
        return at + COOLDOWNS[min(count, len(COOLDOWNS)) - 1] - now if count else 0.0

    # Games.

    def replace(self, before: Game | None, after: Game | None) -> None:
        """Put a game in the place of what it was."""
        if before is not None:
            self._forget(before)
        if after is not None:
            self._keep(after)

    def end(self, before: Game, after: Game, now: float) -> dict[TicketId, int]:
        """A game has ended: its players are free or back in the queue; the positions of these."""
        outcome = after.outcome
        assert outcome is not None
        self.replace(before, after)
        for account in outcome.guilty:
            count, at = self.broken.get(account, (0, now))
            self.broken[account] = (count + 1 if now < at + FORGIVEN else 1, now)
        for ticket in outcome.requeued:
            self.put(ticket, now)
        return {one.id: self.place(one, now).position for one in outcome.requeued}

    def expired(self, limit: int, now: float) -> tuple[GameId, ...]:
        """Up to `limit` games whose deadline is over, the oldest first."""
        return tuple(one for due, one in islice(self._due, limit) if due <= now)

    def nodes(self) -> Iterator[tuple[NodeId, tuple[GameId, ...]]]:
        """The nodes that have sockets in games, each with these games."""
        return ((node, tuple(games)) for node, games in self._of_nodes.items())

    def violations(self) -> list[str]:
        """What does not hold."""
        lines = ((name, one) for name, line in self._lines.items() for _, one in line)
        records = self.tickets.values(), self.games.values()
        wrong = violations(*records, self.queued, self.playing, lines)
        if set(self.leases) != set(self.tickets):
            wrong.append("the leases and the tickets differ")
        due = {(one.deadline, one.id) for one in self.games.values() if one.deadline is not None}
        if due != set(self._due):
            wrong.append("the deadlines and the games differ")
        return wrong

    def _forget(self, game: Game) -> None:
        del self.games[game.id]
        if game.state is not State.FINISHED:
            for one in game.players:
                del self.playing[one.account]
        if game.deadline is not None:
            del self._due[bisect_left(self._due, (game.deadline, game.id))]
        for node in nodes_of(game):
            del self._of_nodes[node][game.id]
            if not self._of_nodes[node]:
                del self._of_nodes[node]

    def _keep(self, game: Game) -> None:
        self.games[game.id] = game
        if game.state is not State.FINISHED:
            self.playing.update(dict.fromkeys((one.account for one in game.players), game.id))
        if game.deadline is not None:
            insort(self._due, (game.deadline, game.id))
        for node in nodes_of(game):
            self._of_nodes.setdefault(node, {})[game.id] = None


def shifted(ticket: Ticket, shift: float) -> Ticket:
    """A ticket as old as it was, in a time that went on where it stopped."""
    return replace(ticket, joined_at=ticket.joined_at + shift)
