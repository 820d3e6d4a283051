"""The embedded store as one object: its ports, its sweep, and its invariants. Backend-internal."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from matchd.domain.bookings import Booking, Cause, State, Step, Terms
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Leases
from matchd.domain.ids import BookingId, HostId, NodeId, RoomId
from matchd.errors import StoreUnavailable
from matchd.store.embedded.agenda import Key
from matchd.store.embedded.bookings import EmbeddedBookings
from matchd.store.embedded.bus import LoneBus
from matchd.store.embedded.check import violations
from matchd.store.embedded.durable.accounts import EmbeddedAccounts
from matchd.store.embedded.durable.chat import EmbeddedChat
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.friends import EmbeddedFriends
from matchd.store.embedded.durable.journal import EmbeddedJournal
from matchd.store.embedded.durable.logins import EmbeddedLogins
from matchd.store.embedded.durable.reports import EmbeddedReports
from matchd.store.embedded.durable.spent import EmbeddedSpent
from matchd.store.embedded.events import EmbeddedEvents
from matchd.store.embedded.games import EmbeddedGames
from matchd.store.embedded.groups import EmbeddedGroups
from matchd.store.embedded.hosts import EmbeddedHosts
from matchd.store.embedded.lobbies import EmbeddedLobbies
from matchd.store.embedded.nodes import EmbeddedNodes, living_nodes, look_at_node
from matchd.store.embedded.pool import Pool
from matchd.store.embedded.queue import EmbeddedQueue
from matchd.store.embedded.rooms import EmbeddedRooms
from matchd.store.embedded.seats import expire_candidate


class EmbeddedStore:
    """Everything in this process. `rng` makes the choice among free hosts; `database` is the file of
    what is durable (None: in memory). ConfigError when that file can't be used.

    `run` writes to the file and has to be running, and closes it at its end.
    """

    def __init__(
        self, leases: Leases, terms: Terms, rng: random.Random, database: Path | None = None
    ) -> None:
        self.pool = Pool(leases, terms, rng)
        self.hosts = EmbeddedHosts(self.pool)
        self.bookings = EmbeddedBookings(self.pool)
        self.rooms = EmbeddedRooms(self.pool)
        self.lobbies = EmbeddedLobbies(self.pool)
        self.groups = EmbeddedGroups(self.pool)
        self.nodes = EmbeddedNodes(self.pool)
        self.bus = LoneBus()
        self.events = EmbeddedEvents(self.pool)
        self.database = Database(database)
        self.accounts = EmbeddedAccounts(self.database)
        self.logins = EmbeddedLogins(self.database)
        self.friends = EmbeddedFriends(self.database)
        self.spent = EmbeddedSpent(self.database)
        self.queue = EmbeddedQueue(self.pool, self.database)
        self.games = EmbeddedGames(self.pool, self.database)
        self.chat = EmbeddedChat(self.database, lambda: living_nodes(self.pool))
        self.reports = EmbeddedReports(self.database)
        self.journal = EmbeddedJournal(self.database)
        self.run = self.database.run

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """Expire every lease that is due."""
        if self.pool.pulse.is_calm(now):
            return ()
        happenings: list[Happening] = []
        for key in self.pool.agenda.take(now):
            happenings += self._look(key, now)
        return (*happenings, *await self.groups.sweep(now))

    async def ready(self) -> str | None:
        """Whether the database can be written; one write."""
        try:
            await self.database.write(_prove)
        except StoreUnavailable as error:
            return str(error.__cause__ or error)  # the fault, without what it means for a caller
        return None

    async def violations(self) -> tuple[str, ...]:
        """Check the invariants."""
        return violations(self.pool)

    def _look(self, key: Key, now: float) -> list[Happening]:
        kind, name, address = key
        match kind:
            case "host":
                return self._look_at_host(HostId(name), now)
            case "booking":
                booking = self.pool.bookings.get(BookingId(name))
                return [] if booking is None else self._look_at_booking(booking, now)
            case "candidate":
                assert address is not None
                return expire_candidate(self.pool, RoomId(name), address, now)
            case "node":
                return look_at_node(self.pool, NodeId(name), now)

    def _look_at_host(self, host_id: HostId, now: float) -> list[Happening]:
        pool = self.pool
        host = pool.hosts.get(host_id)
        if host is None:
            return []
        if pool.is_lost(host, now):
            return pool.remove_host(host, Cause.HOST_LOST, now)
        happenings: list[Happening] = []
        if now >= host.seen_at + pool.leases.ttl and host.id not in pool.quiet:
            happenings.append(pool.mark_quiet(host))
        return happenings + pool.settle(host, now)

    def _look_at_booking(self, booking: Booking, now: float) -> list[Happening]:
        due = booking.deadline(self.pool.terms)
        if due is None:
            return []
        if due > now:
            self.pool.watch(booking)
            return []
        match booking.state:
            case State.WAITING:
                return self.pool.finish(booking, Step.LAPSE, Cause.NOT_POLLED, now)
            case State.HELD:
                return self.pool.finish(booking, Step.LAPSE, Cause.HOLD_EXPIRED, now)
            case State.CONNECTED:
                return self.pool.finish(booking, Step.END, Cause.PLAYER_LEFT, now)
            case _:
                self.pool.forget(booking)
                return []


def _prove(connection: sqlite3.Connection) -> None:
    """A change that reaches the disk and says nothing."""
    connection.execute(
        """INSERT INTO totals VALUES ('proofs', 1)
        ON CONFLICT (name) DO UPDATE SET value = value + 1"""
    )
