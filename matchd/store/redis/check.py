"""The invariants of the Redis store, checked on a dump of one moment (lua/dump.lua): those that
embedded/check.py checks, and that every index says what the records say. Backend-internal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from matchd.domain.bookings import Booking, State
from matchd.domain.hosts import Host, free_slots
from matchd.domain.ids import Address, BookingId, HostId, NodeId, RoomId
from matchd.store.redis.records import Raw, to_booking, to_host, to_room


class Dump:
    """What a dump holds, as records, with the indices beside them."""

    def __init__(self, raw: Raw) -> None:
        hosts = [(item, to_host(item)) for item in raw["hosts"]]
        self.hosts: dict[HostId, Host] = {host.id: host for _, host in hosts}
        self.spots = {host.id: item["spot"] for item, host in hosts if "spot" in item}
        self.quiet = {host.id for item, host in hosts if item.get("quiet")}
        self.bookings = {b.id: b for b in map(to_booking, raw["bookings"])}
        self.room_hosts: dict[RoomId, HostId] = dict(raw["room_hosts"])
        self.rooms = [to_room(item, self.room_hosts.get(item["id"]), 0.0) for item in raw["rooms"]]
        self.grants: dict[str, BookingId] = dict(raw["grants"])
        self.keys: dict[str, BookingId] = dict(raw["keys"])
        self.unconnected: dict[str, list[BookingId]] = dict(raw["unconnected"])
        self.counts = {name: int(value) for name, value in raw["counts"]}
        self.free: list[str] = raw["free"]
        self.line: list[str] = raw["line"]
        self.order: list[str] = raw["order"]
        self.agenda: set[str] = set(raw["agenda"])
        self.nodes: set[str] = {item["id"] for item in raw["nodes"]}
        self.sockets: list[str] = raw["sockets"]

    def live(self, host: Host) -> list[Booking]:
        """The host's bookings that are there."""
        return [self.bookings[key] for key in host.bookings if key in self.bookings]

    def waiting(self) -> list[Booking]:
        """Who waits, in order."""
        waits = [b for b in self.bookings.values() if b.state is State.WAITING]
        return sorted(waits, key=lambda booking: booking.seq)


def violations(raw: Any) -> tuple[str, ...]:
    """Each invariant that does not hold, as a sentence; none when all is well."""
    dump = Dump(raw)
    checks = (_hosts, _bookings, _line, _rooms, _sockets, _names, _agenda, _counters)
    return tuple(sentence for check in checks for sentence in check(dump))


def _hosts(dump: Dump) -> Iterator[str]:
    for host in dump.hosts.values():
        live = dump.live(host)
        if len(host.bookings) > host.capacity and any(b.claimed_at > host.slots_at for b in live):
            # A host may lower its capacity under live bookings; it may not be given more then.
            yield f"host {host.id}: more live bookings than capacity"
        if len(set(host.bookings)) != len(host.bookings):
            yield f"host {host.id}: one booking stands twice"
        if len(live) != len(host.bookings) or any(b.host_id != host.id for b in live):
            yield f"host {host.id}: carries a booking of another host"
        if host.id in dump.spots and free_slots(host, live) < 1:
            yield f"host {host.id}: offered without a free slot"
        if dump.room_hosts.get(host.room_id) != host.id:
            yield f"host {host.id}: its room {host.room_id} belongs to another"
    if len(dump.room_hosts) != len(dump.hosts):
        yield "a room belongs to a host that is not there"
    if sorted(_free_members(dump)) != sorted(dump.free):
        yield "the index of free hosts and the hosts differ"


def _free_members(dump: Dump) -> Iterator[str]:
    for host_id, spot in dump.spots.items():
        host = dump.hosts[host_id]
        if spot == f"{host.region}\0{host.game or ''}":
            yield f"r\0{spot}\0{host_id}"
            yield f"g\0{host.game or ''}\0{host_id}"


def _bookings(dump: Dump) -> Iterator[str]:
    for booking in dump.bookings.values():
        host = None if booking.host_id is None else dump.hosts.get(booking.host_id)
        listed = host is not None and booking.id in host.bookings
        if booking.state.live != listed:
            yield f"booking {booking.id}: {booking.state}, but {'' if listed else 'not '}on a host"
        unconnected = booking.id in dump.unconnected.get(booking.principal, ())
        if (booking.state in (State.WAITING, State.HELD)) != unconnected:
            yield f"booking {booking.id}: {booking.state}, but counted wrongly"


def _line(dump: Dump) -> Iterator[str]:
    waiting = dump.waiting()
    if {member.rpartition("\0")[2] for member in dump.line} != {booking.id for booking in waiting}:
        yield "the line and the waiting bookings differ"
    for host_id in dump.spots:
        host = dump.hosts[host_id]
        if any(b.wanted.fits(host.id, host.region, host.game) for b in waiting):
            yield f"host {host.id}: free while somebody who would fit waits"


def _rooms(dump: Dump) -> Iterator[str]:
    for room in dump.rooms:
        if room.empty:
            yield f"room {room.id}: empty but kept"
        for place in room.places.values():
            booking = None if place.booking_id is None else dump.bookings.get(place.booking_id)
            if place.booking_id is not None and (booking is None or not booking.player_here):
                yield f"room {room.id}: place {place.peer} without a live booking"
        host = None if room.host_id is None else dump.hosts.get(room.host_id)
        if host is not None and host.in_room != (room.host is not None):
            yield f"room {room.id}: host {host.id} is wrong about being in it"


def _sockets(dump: Dump) -> Iterator[str]:
    here = [(address, room.id) for room in dump.rooms for address in room.addresses]
    noted = [member.split("\0", 2) for member in dump.sockets]
    if sorted(here) != sorted((Address(NodeId(n), int(c)), RoomId(r)) for n, c, r in noted):
        yield "the sockets of the nodes and the rooms differ"
    for node in {node for node, _, _ in noted} - dump.nodes:
        yield f"node {node}: unknown, but its sockets are in rooms"


def _names(dump: Dump) -> Iterator[str]:
    if set(dump.grants.values()) != set(dump.bookings):
        yield "the grants and the bookings differ"
    for key, booking_id in dump.keys.items():
        known = dump.bookings.get(booking_id)
        if known is None or not (known.state.live or known.state is State.WAITING):
            yield f"the idempotency key of {key.partition(chr(0))[0]} outlives its booking"
    ids = [f"hosts\0{key}" for key in dump.hosts] + [f"bookings\0{key}" for key in dump.bookings]
    ids += [f"rooms\0{room.id}" for room in dump.rooms] + [f"nodes\0{key}" for key in dump.nodes]
    if sorted(ids) != sorted(dump.order):
        yield "the order of ids and the records differ"


def _agenda(dump: Dump) -> Iterator[str]:
    for host_id in dump.hosts:
        if f"h\0{host_id}" not in dump.agenda:
            yield f"host {host_id}: nobody will look at it"
    for node in dump.nodes:
        if f"n\0{node}" not in dump.agenda:
            yield f"node {node}: nobody will look at it"
    for booking in dump.bookings.values():
        kept = booking.state is State.CONNECTED and (booking.player_here or booking.vouched)
        if not kept and f"b\0{booking.id}" not in dump.agenda:
            yield f"booking {booking.id}: nobody will look at it"


def _counters(dump: Dump) -> Iterator[str]:
    expected: Counter[str] = Counter()
    for booking in dump.bookings.values():
        expected[f"state\0{booking.state}"] += 1
        if booking.guest and booking.state in (State.WAITING, State.HELD):
            expected[f"guest\0{booking.address_key}"] += 1
    for host in dump.hosts.values():
        if host.id not in dump.quiet:
            expected["alive"] += 1
            expected[f"alive\0{host.region}"] += 1
    kept = {name: value for name, value in dump.counts.items() if name != "seq"}
    if kept != expected:
        wrong = sorted(name for name in kept.keys() | expected if kept.get(name) != expected[name])
        yield f"counters are wrong: {', '.join(name.replace(chr(0), ' ') for name in wrong)}"
