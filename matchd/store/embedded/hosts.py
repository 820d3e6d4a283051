"""Hosts in the embedded store: beats, status words, goodbye (wire.md 2.1, 2.2). Backend-internal."""

from __future__ import annotations

from matchd.domain.bookings import Booking, Cause, State, Step
from matchd.domain.happenings import Happening, HostAppeared, HostEntered
from matchd.domain.hosts import Beat, Host, Status
from matchd.domain.ids import BookingId, HostId, Region
from matchd.domain.rooms import Room
from matchd.store.embedded.pages import page_of
from matchd.store.embedded.pool import Pool
from matchd.store.embedded.seats import drop_candidate, seat_host
from matchd.store.ports import Beaten, Counts, HostView, Moved, RoomConflict


class EmbeddedHosts:
    """The port of hosts over the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def beat(self, beat: Beat, now: float) -> Beaten | RoomConflict:
        """Register or refresh a host."""
        pool = self._pool
        if self._is_taken(beat, now):
            return RoomConflict()
        happenings = self._clear_away(beat, now)
        host = pool.hosts.get(beat.host_id)
        if host is None:
            host = self._register(beat, now)
            happenings.append(HostAppeared(pool.view(host, now).host))
        elif host.room_id != beat.room_id:
            # What it says is about bookings of its old room; it can't know those it gets here.
            happenings += self._refresh(host, beat, now)
        else:
            happenings += self._refresh(host, beat, now)
            happenings += _heed(pool, host, beat, now)
        happenings += self._recognise(host, beat.address, now)
        happenings += pool.settle(host, now)
        return Beaten(pool.view(host, now), tuple(happenings))

    async def say(
        self, host_id: HostId, status: Status, booking_id: BookingId | None, now: float
    ) -> Moved | None:
        """Take a status word."""
        pool = self._pool
        host = pool.hosts.get(host_id)
        if host is None or pool.is_lost(host, now):
            return None
        self._seen(host, now)
        if status is Status.BUSY:
            spoken, happenings = _confirm(pool, host, booking_id, now)
        else:
            spoken, happenings = _end(pool, host, booking_id, now)
        if host.capacity == 1 or (booking_id is None and not spoken):
            # The word is about the whole host, so it replaces what the last beat reported; one about
            # a booking that is over already says nothing of the host's other slots.
            host.status, host.available_slots = status, None
        happenings += pool.settle(host, now)
        return Moved(host.status, tuple(happenings))

    async def goodbye(self, host_id: HostId, now: float) -> Moved | None:
        """Take a host out at once."""
        host = self._pool.hosts.get(host_id)
        if host is None:
            return None
        return Moved(host.status, tuple(self._pool.remove_host(host, Cause.HOST_LEFT, now)))

    async def get(self, host_id: HostId, now: float) -> HostView | None:
        """One host."""
        host = self._pool.hosts.get(host_id)
        return None if host is None else self._pool.view(host, now)

    async def page(self, after: HostId | None, limit: int, now: float) -> tuple[HostView, ...]:
        """Hosts in order of their ids."""
        pool = self._pool
        return tuple(pool.view(pool.hosts[key], now) for key in page_of(pool.hosts, after, limit))

    async def counts(self, regions: tuple[Region, ...] = ()) -> Counts:
        """The counters."""
        return self._pool.counts(regions)

    def _is_taken(self, beat: Beat, now: float) -> bool:
        holder = self._pool.host_of_room(beat.room_id)
        if holder is None or holder.id == beat.host_id:
            return False
        return not self._pool.is_lost(holder, now)

    def _clear_away(self, beat: Beat, now: float) -> list[Happening]:
        """Remove what the sweeper would: this host, or its room's holder, if it is lost by now."""
        pool, happenings = self._pool, list[Happening]()
        for host in (pool.hosts.get(beat.host_id), pool.host_of_room(beat.room_id)):
            if host is not None and host.id in pool.hosts and pool.is_lost(host, now):
                happenings += pool.remove_host(host, Cause.HOST_LOST, now)
        return happenings

    def _register(self, beat: Beat, now: float) -> Host:
        pool = self._pool
        host = Host(
            id=beat.host_id,
            room_id=beat.room_id,
            region=beat.region,
            first_seen=now,
            withheld_until=pool.pulse.withheld_until(now),
        )
        host.report(beat, now)
        pool.hosts[host.id] = host
        pool.mark_alive(host)
        self._move_in(host)
        return host

    def _refresh(self, host: Host, beat: Beat, now: float) -> list[Happening]:
        pool, happenings = self._pool, list[Happening]()
        pool.uncount(host)
        moved = host.room_id != beat.room_id
        if moved:
            del pool.room_hosts[host.room_id]
        host.report(beat, now)
        pool.mark_alive(host)
        if moved:
            self._move_in(host)
            for booking in pool.live(host):
                happenings += pool.finish(booking, Step.END, Cause.ROOM_CHANGED, now)
        return happenings

    def _move_in(self, host: Host) -> None:
        self._pool.room_hosts[host.room_id] = host.id
        room = self._pool.rooms.get(host.room_id)
        host.left_room_at = None
        host.in_room = room is not None and room.host is not None

    def _seen(self, host: Host, now: float) -> None:
        host.seen_at = now
        if host.id in self._pool.quiet:
            self._pool.mark_alive(host)

    def _recognise(self, host: Host, network: str, now: float) -> list[Happening]:
        room = self._pool.rooms.get(host.room_id)
        candidate = None if room is None else room.candidates.get(network)
        if room is None or candidate is None or room.host is not None:
            return []
        late = now >= candidate.since + self._pool.leases.recognise_for
        if late and not self._pool.pulse.is_calm(now):
            return []
        drop_candidate(self._pool, room, candidate)
        happenings = seat_host(self._pool, room, candidate.address, now)
        return [_entered(room, host), *happenings]


def _entered(room: Room, host: Host) -> HostEntered:
    assert room.host is not None
    players = tuple((place.peer, place.address, place.booking_id) for place in room.places.values())
    return HostEntered(room.id, host.id, host.region, room.host, room.host_turn, players)


def _named(pool: Pool, host: Host, booking_id: BookingId | None) -> Booking | None:
    if booking_id is not None:
        return pool.bookings[booking_id] if booking_id in host.bookings else None
    return pool.live(host)[0] if host.capacity == 1 and host.bookings else None


def _confirm(
    pool: Pool, host: Host, booking_id: BookingId | None, now: float
) -> tuple[bool, list[Happening]]:
    """`busy`: connect the named booking or the oldest held one, and vouch for it."""
    booking = _named(pool, host, booking_id)
    if booking_id is None and (booking is None or booking.state is not State.HELD):
        held = [item for item in pool.live(host) if item.state is State.HELD]
        booking = held[0] if held else booking
    if booking is None:
        return False, []
    happenings: list[Happening] = []
    if booking.state is State.HELD:
        happenings = pool.connect(booking, now)
    booking.vouch()
    return True, happenings


def _heed(pool: Pool, host: Host, beat: Beat, now: float) -> list[Happening]:
    """What a beat's status means for the host's bookings (wire.md 2.1, 2.3).

    Busy confirms. By idle nothing ends, but the host no longer vouches: for the booking it names, or
    for any.
    """
    if beat.status is Status.BUSY:
        return _confirm(pool, host, beat.booking_id, now)[1]
    if beat.status is Status.IDLE:
        for booking in pool.live(host):
            if beat.booking_id in (None, booking.id):
                booking.withdraw_vouch(now)
                pool.watch(booking)
    return []


def _end(
    pool: Pool, host: Host, booking_id: BookingId | None, now: float
) -> tuple[bool, list[Happening]]:
    """`idle`: the named booking ends, or the one of a host of capacity 1."""
    booking = _named(pool, host, booking_id)
    if booking is None:
        return False, []
    return True, pool.finish(booking, Step.END, Cause.HOST_IDLE, now)
