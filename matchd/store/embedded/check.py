"""The invariants of the embedded store, checked in tests after every step and in a running daemon
on demand (`GET /api/admin/check`). Backend-internal; reads everything, changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matchd.domain import lobby_lists
from matchd.domain.bookings import State
from matchd.domain.hosts import free_slots
from matchd.store.embedded.pool import Pool


def violations(pool: Pool) -> tuple[str, ...]:
    """Each invariant that does not hold, as a sentence; none when all is well."""
    checks = (_hosts, _bookings, _line, _rooms, _sockets, _counters, _lobbies, _groups, _play)
    return tuple(sentence for check in checks for sentence in check(pool))


def _hosts(pool: Pool) -> Iterator[str]:
    for host in pool.hosts.values():
        given = [b for b in pool.live(host) if b.claimed_at > host.slots_at]
        if given and len(host.bookings) > host.capacity:
            # A host may lower its capacity under live bookings; it may not be given more then.
            yield f"host {host.id}: more live bookings than capacity"
        if len(set(host.bookings)) != len(host.bookings):
            yield f"host {host.id}: one booking stands twice"
        if any(booking.host_id != host.id for booking in pool.live(host)):
            yield f"host {host.id}: carries a booking of another host"
        if host.id in pool.free and free_slots(host, pool.live(host)) < 1:
            yield f"host {host.id}: offered without a free slot"
        if pool.room_hosts.get(host.room_id) != host.id:
            yield f"host {host.id}: its room {host.room_id} belongs to another"


def _bookings(pool: Pool) -> Iterator[str]:
    for booking in pool.bookings.values():
        host = None if booking.host_id is None else pool.hosts.get(booking.host_id)
        listed = host is not None and booking.id in host.bookings
        if booking.state.live != listed:
            yield f"booking {booking.id}: {booking.state}, but {'' if listed else 'not '}on a host"
        unconnected = booking.id in pool.unconnected.get(booking.principal, ())
        if (booking.state in (State.WAITING, State.HELD)) != unconnected:
            yield f"booking {booking.id}: {booking.state}, but counted wrongly"


def _line(pool: Pool) -> Iterator[str]:
    waiting = {b.id for b in pool.bookings.values() if b.state is State.WAITING}
    if waiting != set(pool.line.waiting()):
        yield "the line and the waiting bookings differ"
    for host in pool.hosts.values():
        if host.id in pool.free and pool.line.oldest_fitting(host.id, host.region, host.game):
            yield f"host {host.id}: free while somebody who would fit waits"


def _rooms(pool: Pool) -> Iterator[str]:
    for room in pool.rooms.values():
        if room.empty:
            yield f"room {room.id}: empty but kept"
        for place in room.places.values():
            booking = None if place.booking_id is None else pool.bookings.get(place.booking_id)
            if place.booking_id is not None and (booking is None or not booking.player_here):
                yield f"room {room.id}: place {place.peer} without a live booking"
        host = pool.host_of_room(room.id)
        if host is not None and host.in_room != (room.host is not None):
            yield f"room {room.id}: host {host.id} is wrong about being in it"


def _sockets(pool: Pool) -> Iterator[str]:
    here = {(address, room.id) for room in pool.rooms.values() for address in room.addresses}
    noted = {item for mine in pool.sockets.values() for item in mine.items()}
    if here != noted:
        yield "the sockets of the nodes and the rooms differ"
    for node in pool.sockets:
        if node not in pool.nodes:
            yield f"node {node}: unknown, but its sockets are in rooms"


def _counters(pool: Pool) -> Iterator[str]:
    states = Counter(booking.state for booking in pool.bookings.values())
    if states != +pool.states:
        yield f"state counters {dict(+pool.states)} instead of {dict(states)}"
    alive = Counter(h.region for h in pool.hosts.values() if h.id not in pool.quiet)
    if alive != pool.alive:
        yield f"alive counters {dict(pool.alive)} instead of {dict(alive)}"
    guests = Counter(
        b.address_key
        for b in pool.bookings.values()
        if b.guest and b.state in (State.WAITING, State.HELD)
    )
    if guests != pool.guests:
        yield "the guests' counters are wrong"


def _lobbies(pool: Pool) -> Iterator[str]:
    book = pool.lobbies
    yield from lobby_lists.violations(
        book.records.values(), book.homes.items(), book.codes.items(), book.names()
    )


def _play(pool: Pool) -> Iterator[str]:
    yield from pool.play.violations()


def _groups(pool: Pool) -> Iterator[str]:
    yield from pool.groups.violations()
