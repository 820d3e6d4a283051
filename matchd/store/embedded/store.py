"""The embedded store as one object: its ports, its sweep, and its invariants. Backend-internal."""

from __future__ import annotations

import random

import trio

from matchd.domain.bookings import Booking, Cause, State, Step, Terms
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Leases
from matchd.domain.ids import BookingId, HostId, NodeId, RoomId
from matchd.store.embedded.agenda import Key
from matchd.store.embedded.bookings import EmbeddedBookings
from matchd.store.embedded.bus import LoneBus
from matchd.store.embedded.check import violations
from matchd.store.embedded.hosts import EmbeddedHosts
from matchd.store.embedded.nodes import EmbeddedNodes, look_at_node
from matchd.store.embedded.pool import Pool
from matchd.store.embedded.rooms import EmbeddedRooms
from matchd.store.embedded.seats import expire_candidate


class EmbeddedStore:
    """Everything in this process. `rng` makes the choice among free hosts."""

    def __init__(self, leases: Leases, terms: Terms, rng: random.Random) -> None:
        self.pool = Pool(leases, terms, rng)
        self.hosts = EmbeddedHosts(self.pool)
        self.bookings = EmbeddedBookings(self.pool)
        self.rooms = EmbeddedRooms(self.pool)
        self.nodes = EmbeddedNodes(self.pool)
        self.bus = LoneBus()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Memory needs no task."""
        task_status.started()

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """Expire every lease that is due."""
        if self.pool.is_calm(now):
            return ()
        happenings: list[Happening] = []
        for key in self.pool.agenda.take(now):
            happenings += self._look(key, now)
        return tuple(happenings)

    async def ready(self) -> str | None:
        """Memory is always there."""
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
