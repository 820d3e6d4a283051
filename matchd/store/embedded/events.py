"""Events in the embedded store: in this process, and gone with it. Backend-internal."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import msgspec

from matchd.domain.events import (
    BYTES,
    COUNT,
    KEEP,
    SOCKETS,
    Entry,
    Presence,
    Seat,
    next_id,
    replay_from,
)
from matchd.domain.ids import Address, NodeId
from matchd.store.embedded.pool import Pool
from matchd.store.ports.events import Draft, Entered, Gone, Written


class _Log:
    """The latest entries of one log; `dropped` is the id of the last one that is not kept any more."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.bytes = self.last = self.dropped = 0

    def add(self, entry: Entry, oldest: int) -> int:
        """Add an entry and drop those older than `oldest`; the id of the one before."""
        former, self.last = self.last, entry.id
        self.entries.append(entry)
        self.bytes += len(entry.text.encode())
        while self._is_full() or self.entries[0].id < oldest:
            dropped = self.entries.popleft()
            self.dropped = dropped.id
            self.bytes -= len(dropped.text.encode())
        return former

    def _is_full(self) -> bool:
        return len(self.entries) > COUNT or self.bytes > BYTES


class _Person(msgspec.Struct):
    """An account that is there, or was lately. Once it has no socket here any more: when it counts as
    away, and when nothing is written for it any more.
    """

    seats: list[Seat] = []
    away_at: float = 0.0
    forget_at: float = 0.0
    is_away: bool = True


class EmbeddedEvents:
    """The port of events over dictionaries."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._last = self._floor = 0
        self._logs: dict[str, _Log] = {}
        self._people: dict[str, _Person] = {}
        self._places: dict[str, Presence] = {}
        self._leaving: dict[str, None] = {}
        self._sockets: Counter[NodeId] = Counter()
        self._batches: dict[NodeId, tuple[int, tuple[Written, ...]]] = {}

    async def enter(
        self,
        account: str,
        address: Address,
        *,
        after: int | None,
        turn: int | None,
        now: float,
    ) -> Entered | None:
        """Let a socket in, or hear that it is there."""
        if address.node not in self._pool.nodes:
            return None
        gap = after is not None and self._misses(account, after, now)
        position = self._next(now)
        person = self._people.setdefault(account, _Person())
        appeared, person.is_away = person.is_away, False
        self._leaving.pop(account, None)
        turn = position if turn is None else turn
        replaced = self._sit(person, Seat(address, turn))
        entries = () if after is None else self._after(account, after, now)
        return Entered(turn, position, entries, gap, replaced, appeared)

    async def leave(self, account: str, address: Address, *, grace: float, now: float) -> None:
        """Take a socket out."""
        if account in self._people:
            self._rise(account, [address], grace, now)

    async def append(
        self, node: NodeId, number: int, drafts: tuple[Draft, ...], now: float
    ) -> tuple[Written, ...]:
        """Write a batch of events."""
        former = self._batches.get(node)
        if former is not None and former[0] == number:
            return former[1]
        written = tuple(self._write(draft, now) for draft in drafts)
        self._batches[node] = number, written
        return written

    async def place(self, account: str, presence: Presence) -> bool:
        """Say where somebody is."""
        former = self._places.pop(account, Presence.ONLINE)
        if presence is not Presence.ONLINE:
            self._places[account] = presence
        return former is not presence and self._is_there(account)

    async def present(self, accounts: Iterable[str]) -> dict[str, Presence]:
        """Those who are there, and where."""
        there = (account for account in accounts if self._is_there(account))
        return {account: self._places.get(account, Presence.ONLINE) for account in there}

    async def sweep(self, *, grace: float, now: float) -> Gone:
        """Take out the sockets of nodes that are gone, and find who is away."""
        for node in set(self._batches) - set(self._pool.nodes):
            del self._batches[node]
        self._bury(set(self._sockets) - set(self._pool.nodes), grace, now)
        gone = []
        for account in tuple(self._leaving):
            person = self._people[account]
            if not person.is_away and person.away_at <= now:
                person.is_away = True
                gone.append(account)
            if person.is_away and person.forget_at <= now:
                del self._people[account], self._leaving[account]
                self._logs.pop(account, None)
        return Gone(tuple(gone), more=False)

    def _next(self, now: float) -> int:
        self._last = next_id(self._last, now)
        self._floor = self._floor or self._last
        return self._last

    def _write(self, draft: Draft, now: float) -> Written:
        event, nodes = self._next(now), dict[NodeId, list[tuple[str, int]]]()
        for name in draft.logs:
            if name not in self._people:
                continue
            log = self._logs.setdefault(name, _Log())
            former = log.add(Entry(event, draft.text), replay_from(now))
            for node in self._followers(name):
                nodes.setdefault(node, []).append((name, former))
        return Written(event, {node: tuple(logs) for node, logs in nodes.items()})

    def _followers(self, name: str) -> list[NodeId]:
        """The nodes that have sockets which follow a log."""
        return sorted({seat.address.node for seat in self._people[name].seats})

    def _misses(self, account: str, after: int, now: float) -> bool:
        log = self._logs.get(account)
        dropped = 0 if log is None else log.dropped
        lost = after < max(self._floor, replay_from(now), dropped)
        return after > self._last or account not in self._people or lost

    def _after(self, account: str, after: int, now: float) -> tuple[Entry, ...]:
        oldest, log = replay_from(now), self._logs.get(account)
        entries = () if log is None else log.entries
        return tuple(entry for entry in entries if entry.id > after and entry.id >= oldest)

    def _sit(self, person: _Person, seat: Seat) -> tuple[Address, ...]:
        """Give a socket its seat; who has none any more."""
        if all(seat.address != one.address for one in person.seats):
            person.seats = sorted((*person.seats, seat), key=lambda one: one.turn)
            self._sockets[seat.address.node] += 1
        over = max(0, len(person.seats) - SOCKETS)
        replaced = tuple(one.address for one in person.seats[:over])
        person.seats = person.seats[over:]
        self._count_out(replaced)
        return replaced

    def _rise(self, account: str, gone: Iterable[Address], grace: float, now: float) -> None:
        person = self._people[account]
        left = [seat.address for seat in person.seats if seat.address in gone]
        person.seats = [seat for seat in person.seats if seat.address not in left]
        self._count_out(left)
        if left and not person.seats:
            person.away_at, person.forget_at = now + grace, now + grace + KEEP
            self._leaving[account] = None

    def _count_out(self, addresses: Iterable[Address]) -> None:
        for address in addresses:
            self._sockets[address.node] -= 1
        self._sockets = +self._sockets

    def _bury(self, dead: set[NodeId], grace: float, now: float) -> None:
        for account, person in tuple(self._people.items()) if dead else ():
            gone = [seat.address for seat in person.seats if seat.address.node in dead]
            self._rise(account, gone, grace, now)

    def _is_there(self, account: str) -> bool:
        person = self._people.get(account)
        return person is not None and not person.is_away
