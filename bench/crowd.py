"""A crowd in the queue, in a time of its own: how long they wait, how even their games are, and whether
those who came first are matched first.

Players come to one rated mode, from two regions or from anywhere, and give up after a while. The
store is the embedded one, the pairing that of the daemon; only the clock is made up.
"""

from __future__ import annotations

import random
import time
from itertools import count

import msgspec
import trio

from bench.load.gauge import quantile
from bench.report import Table, number
from bench.sizes import Sizes
from matchd.domain import pairing
from matchd.domain.bookings import Terms
from matchd.domain.games import create
from matchd.domain.hosts import Leases
from matchd.domain.ids import AccountId, GameId, Handle, Region, TicketId
from matchd.domain.queue import Entrant, Mode, Ticket
from matchd.domain.ratings import Rating
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Lined, Paired, Queued

RATED = Mode(name="rated", rating=True)

PATIENCE = 120.0
"""Seconds after which somebody gives up, on average."""


class Result(msgspec.Struct):
    """What became of a crowd: seconds waited, differences of ratings, and games of which somebody
    older, who would have fitted, was passed over.
    """

    waits: list[float] = []
    gaps: list[float] = []
    unfair: int = 0
    left: int = 0


class Crowd:
    """`people` who come at a rate of so many in a second."""

    def __init__(self, people: int, rate: float, seed: int = 7) -> None:
        # Fixed after construction.
        self._rng = random.Random(seed)
        self._people = people
        self._rate = rate
        self._store = EmbeddedStore(Leases(node=1e9, outage=1e9), Terms(), self._rng)
        # Changed as time passes.
        self._now = 1e9
        self._numbers = count()
        self._waiting: dict[TicketId, tuple[Ticket, float]] = {}
        self.result = Result()

    async def run(self) -> Result:
        """Everybody comes; once a second the line is looked through, as the daemon does."""
        come, arrival, turn = 0, self._now, self._now
        while come < self._people or self._waiting:
            if come < self._people and arrival <= turn:
                self._now, come = arrival, come + 1
                arrival += self._rng.expovariate(self._rate)
                await self._come()
            else:
                self._now, turn = turn, turn + 1
                await self._turn()
        assert await self._store.violations() == ()
        return self.result

    async def _come(self) -> None:
        name = f"p{next(self._numbers)}"
        rating = Rating(mu=self._rng.gauss(25, 6))
        ticket = Ticket(
            id=TicketId(name),
            mode=RATED.name,
            entrants=(Entrant(AccountId(f"u_{name}"), Handle(name), rating),),
            joined_at=0.0,
            region=self._rng.choice((None, Region("eu"), Region("us"))),
        )
        done = await self._store.queue.enter(ticket, self._now, look=64, rated=False)
        assert isinstance(done, Queued)
        gives_up = self._now + self._rng.expovariate(1 / PATIENCE)
        self._waiting[ticket.id] = done.ticket, gives_up
        await self._try(done.ticket, done.line)

    async def _try(self, ticket: Ticket, line: Lined) -> None:
        group = pairing.join(RATED, ticket, line.tickets, self._now)
        if group is not None:
            await self._pair(group)

    async def _turn(self) -> None:
        queue = self._store.queue
        for ticket, gives_up in tuple(self._waiting.values()):
            if self._now > gives_up:
                del self._waiting[ticket.id]
                await queue.withdraw(ticket.accounts[0], self._now)
                self.result.left += 1
        if not self._waiting:
            return
        tickets = [ticket for ticket, _ in self._waiting.values()]
        await queue.renew([one.accounts[0] for one in tickets], self._now)
        line = await queue.line(tickets[0].line, 1000, self._now)
        for group in pairing.sweep(RATED, line.tickets, self._now):
            await self._pair(group)

    async def _pair(self, group: tuple[Ticket, ...]) -> None:
        made = create(GameId(f"g{next(self._numbers)}"), RATED, group, self._now)
        assert isinstance(await self._store.queue.pair(made, self._now), Paired)
        for ticket in group:
            del self._waiting[ticket.id]
            self.result.waits.append(self._now - ticket.joined_at)
        first, second = group
        self.result.gaps.append(abs(first.rating - second.rating))
        before = [one for one, _ in self._waiting.values() if one.joined_at < second.joined_at]
        self.result.unfair += pairing.join(RATED, first, before, self._now) is not None


def run(sizes: Sizes) -> Table:
    """Crowds that come faster and slower."""
    rows = []
    for rate in (50.0, 5.0, 0.5):
        people = sizes.crowd if rate >= 5 else sizes.crowd // 10
        began = time.perf_counter()
        rows.append(_row(people, rate, trio.run(Crowd(people, rate).run), began))
    return Table(
        title="A crowd in the queue: one rated mode (sigma 6), two regions, patience 120 s",
        columns=(
            "players, a second",
            "matched %",
            "wait p50 s",
            "p99 s",
            "ratings apart p50",
            "p99",
            "in order %",
            "took s",
        ),
        rows=tuple(rows),
        notes=("in order: games of which nobody older, who would have fitted, was passed over",),
    )


def _row(people: int, rate: float, result: Result, began: float) -> tuple[str, ...]:
    waits, gaps = sorted(result.waits), sorted(result.gaps)
    return (
        f"{people:,}, {rate:g}",
        number(100 * len(waits) / people),
        number(quantile(waits, 0.5)),
        number(quantile(waits, 0.99)),
        number(quantile(gaps, 0.5)),
        number(quantile(gaps, 0.99)),
        number(100 - 100 * result.unfair / len(gaps)),
        number(time.perf_counter() - began),
    )
