"""The shared state of the embedded store, and the steps every port builds on. Backend-internal.

Invariants (checked by `check.violations`): a host is in `free` exactly when it can take a player,
as far as the last step knew; nobody waits in `line` whom a free host would fit; `unconnected` holds
each principal's bookings that wait or are held.

Each method is sync and leaves the invariants standing; it returns what happened, in order.
"""

from __future__ import annotations

import random
from collections import Counter

import msgspec
from msgspec.structs import replace

from matchd.domain.bookings import Booking, Cause, State, Step, Terms
from matchd.domain.happenings import Booked, Connected, Happening, HostGone, HostQuiet, Over
from matchd.domain.hosts import Host, Leases, free_slots
from matchd.domain.ids import Address, BookingId, HostId, NodeId, Region, RoomId
from matchd.domain.rooms import Room
from matchd.store.embedded.agenda import Agenda
from matchd.store.embedded.free import FreeHosts, tiers
from matchd.store.embedded.group_book import GroupBook
from matchd.store.embedded.line import WaitingLine
from matchd.store.embedded.lobby_book import LobbyBook
from matchd.store.embedded.play_book import PlayBook
from matchd.store.embedded.pulse import Pulse
from matchd.store.ports import Counts, Found, HostView


class Node(msgspec.Struct):
    """A process that shares the store. `ended` once it parted or was declared dead."""

    family: str
    seen_at: float
    ended: bool = False
    drained: bool = False


class Pool:
    """Hosts, bookings, rooms and the line, with their indices."""

    def __init__(self, leases: Leases, terms: Terms, rng: random.Random) -> None:
        self.leases = leases
        self.terms = terms
        self.hosts: dict[HostId, Host] = {}
        self.bookings: dict[BookingId, Booking] = {}
        self.rooms: dict[RoomId, Room] = {}
        self.room_hosts: dict[RoomId, HostId] = {}
        self.keys: dict[tuple[str, bytes], BookingId] = {}
        self.grants: dict[bytes, BookingId] = {}
        self.unconnected: dict[str, dict[BookingId, None]] = {}
        self.guests: Counter[str] = Counter()
        self.alive: Counter[Region] = Counter()
        self.states: Counter[State] = Counter()
        self.quiet: set[HostId] = set()
        self.free = FreeHosts(rng)
        self.line = WaitingLine()
        self.agenda = Agenda()
        self.last_seq = 0
        self.lobbies = LobbyBook()
        self.play = PlayBook()
        self.groups = GroupBook()
        self.nodes: dict[NodeId, Node] = {}
        self.sockets: dict[NodeId, dict[Address, RoomId]] = {}
        self.pulse = Pulse(leases)

    # Reading.

    def live(self, host: Host) -> list[Booking]:
        """The host's bookings that hold a slot, oldest first."""
        return [self.bookings[booking_id] for booking_id in host.bookings]

    def host_of_room(self, room_id: RoomId) -> Host | None:
        """The registered host of a room."""
        host_id = self.room_hosts.get(room_id)
        return None if host_id is None else self.hosts[host_id]

    def view(self, host: Host, now: float) -> HostView:
        """A copy of the host for callers outside."""
        live = self.live(host)
        seen = replace(host)
        seen.bookings = list(host.bookings)
        return HostView(
            seen,
            tuple(map(replace, live)),
            tuple(booking.deadline(self.terms) for booking in live),
            free_slots(host, live),
            host.offerable(self.leases, now),
        )

    def found(self, booking: Booking, now: float) -> Found:
        """A copy of the booking for callers outside, with its place while it waits."""
        waits = booking.state is State.WAITING
        line = self.line.place(booking, now) if waits else None
        expires = booking.deadline(self.terms) if booking.state.live else None
        return Found(replace(booking), line, expires)

    def counts(self, regions: tuple[Region, ...]) -> Counts:
        """The counters of wire.md 2.3."""
        alive = len(self.hosts) - len(self.quiet)
        return Counts(
            alive=alive,
            free=len(self.free),
            in_region=sum(self.alive[region] for region in regions) if regions else alive,
            held=self.states[State.HELD],
            connected=self.states[State.CONNECTED],
            waiting=len(self.line),
        )

    # Bookings.

    def choose(self, booking: Booking, now: float) -> Host | None:
        """A free host for this wish: uniform at random within the best region class."""
        wanted = booking.wanted
        if wanted.host_id is not None:
            host = self.hosts.get(wanted.host_id)
            fits = host is not None and wanted.fits(host.id, host.region, host.game)
            return host if host is not None and fits and self._takes(host, now) else None
        for keys in tiers(wanted):
            while (host_id := self.free.choose(keys)) is not None:
                # Time alone may have changed it since the last step, and time takes no slots.
                if (host := self.hosts[host_id]).offerable(self.leases, now):
                    return host
                self.free.drop(host_id)
        return None

    def add(self, booking: Booking) -> None:
        """Take a booking in: a new one, which waits until `grant`, or one from a snapshot."""
        self.last_seq += 1
        booking.seq = self.last_seq
        self.bookings[booking.id] = booking
        self.grants[booking.grant_hash] = booking.id
        self.states[booking.state] += 1
        if booking.key_hash is not None:
            self.keys[booking.principal, booking.key_hash] = booking.id
        if booking.state in (State.WAITING, State.HELD):
            self._count_unconnected(booking)

    def grant(self, booking: Booking, host: Host, now: float) -> Booked:
        """Give a slot of this host to a waiting booking."""
        self.step(booking, Step.GRANT, now)
        booking.host_id, booking.room_id, booking.region = host.id, host.room_id, host.region
        host.bookings.append(booking.id)
        self._index(host, now)
        self.watch(booking)
        return Booked(replace(booking), booking.waiter)

    def connect(self, booking: Booking, now: float) -> list[Happening]:
        """Host and player have met."""
        self.step(booking, Step.CONNECT, now)
        self._uncount_unconnected(booking)
        self.watch(booking)
        assert booking.host_id is not None
        return [Connected(booking.id, booking.host_id)]

    def finish(self, booking: Booking, step: Step, cause: Cause, now: float) -> list[Happening]:
        """End a booking, empty its place in the room, and give its slot to the line."""
        if booking.state is State.WAITING:
            self.line.remove(booking)
        if booking.state is not State.CONNECTED:
            self._uncount_unconnected(booking)
        self.step(booking, step, now, cause)
        if booking.key_hash is not None:
            del self.keys[booking.principal, booking.key_hash]
        self.watch(booking)
        happenings: list[Happening] = [self._over(booking, cause)]
        host = None if booking.host_id is None else self.hosts.get(booking.host_id)
        if host is not None:
            host.bookings.remove(booking.id)
            happenings += self._serve_line(host, now)
            # One that is heard of is in the agenda as it must be; another may be lost from now on.
            if now >= host.seen_at + self.leases.ttl:
                self._schedule(host, now)
        return happenings

    def step(self, booking: Booking, step: Step, now: float, cause: Cause | None = None) -> None:
        """Move a booking along its table and keep the counters."""
        before = booking.state
        booking.step(step, now, cause)
        self.states[before] -= 1
        self.states[booking.state] += 1

    def watch(self, booking: Booking) -> None:
        """Have the sweeper look at the booking when it is due."""
        due = booking.deadline(self.terms)
        if due is not None:
            self.agenda.put(("booking", booking.id, None), due)

    def forget(self, booking: Booking) -> None:
        """Drop a booking that has been over for long enough."""
        del self.bookings[booking.id]
        del self.grants[booking.grant_hash]
        self.states[booking.state] -= 1

    # Hosts.

    def settle(self, host: Host, now: float) -> list[Happening]:
        """After anything that may have freed a slot: serve the line, then index what is left."""
        happenings = self._serve_line(host, now)
        self._schedule(host, now)
        return happenings

    def mark_alive(self, host: Host) -> None:
        """Count the host in its region."""
        self.quiet.discard(host.id)
        self.alive[host.region] += 1

    def mark_quiet(self, host: Host) -> HostQuiet:
        """Stop counting the host, which has not been seen for its ttl."""
        self.quiet.add(host.id)
        self._uncount_alive(host.region)
        self.free.drop(host.id)
        return HostQuiet(host.id, "no heartbeat")

    def uncount(self, host: Host) -> None:
        """Take the host out of its region's count, if it is in it."""
        if host.id not in self.quiet:
            self._uncount_alive(host.region)

    def remove_host(self, host: Host, cause: Cause, now: float) -> list[Happening]:
        """Take a host out for good; its bookings end."""
        self.uncount(host)
        self.quiet.discard(host.id)
        self.free.forget(host.id)
        del self.hosts[host.id]
        if self.room_hosts.get(host.room_id) == host.id:
            del self.room_hosts[host.room_id]
        happenings: list[Happening] = []
        for booking in self.live(host):
            happenings += self.finish(booking, Step.END, cause, now)
        return [*happenings, HostGone(host.id, cause)]

    # Rooms.

    def room(self, room_id: RoomId) -> Room:
        """The room, made when it is new."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = Room(id=room_id)
        return room

    def drop_if_empty(self, room: Room) -> None:
        """A room that nobody is in leaves no trace."""
        if room.empty:
            self.rooms.pop(room.id, None)

    # Nodes and their sockets.

    def has_node(self, address: Address) -> bool:
        """Whether somebody will clean up after this socket."""
        node = self.nodes.get(address.node)
        return node is not None and not node.ended

    def is_lost(self, host: Host, now: float) -> bool:
        """Whether the host counts as departed."""
        return host.is_lost(self.leases, now) and not self.pulse.is_calm(now)

    def sit(self, address: Address, room_id: RoomId) -> None:
        """Note where a socket is."""
        self.sockets.setdefault(address.node, {})[address] = room_id

    def rise(self, address: Address) -> None:
        """A socket is in no room any more."""
        mine = self.sockets[address.node]
        del mine[address]
        if not mine:
            del self.sockets[address.node]

    # Inside.

    def _serve_line(self, host: Host, now: float) -> list[Happening]:
        happenings: list[Happening] = []
        while self._takes(host, now):
            waiter = self.line.oldest_fitting(host.id, host.region, host.game)
            if waiter is None:
                break
            self.line.served(waiter, now)
            happenings.append(self.grant(waiter, host, now))
        return happenings

    def _schedule(self, host: Host, now: float) -> None:
        """Have the sweeper look at the host when it is due."""
        self.agenda.put(("host", host.id, None), host.next_deadline(self.leases, now))

    def _takes(self, host: Host, now: float) -> bool:
        self._index(host, now)
        return host.id in self.free

    def _index(self, host: Host, now: float) -> None:
        if host.offerable(self.leases, now) and free_slots(host, self.live(host)) > 0:
            self.free.put(host.id, host.region, host.game)
        else:
            self.free.drop(host.id)

    def _over(self, booking: Booking, cause: Cause) -> Over:
        room = None if booking.room_id is None else self.rooms.get(booking.room_id)
        place = None if room is None else room.place_of(booking.id)
        if room is not None and place is not None:
            del room.places[place.peer]
            self.rise(place.address)
            self.drop_if_empty(room)
        return Over(
            booking.id,
            booking.state,
            cause,
            booking.host_id,
            waiter=booking.waiter,
            player=None if place is None else place.address,
            peer=None if place is None else place.peer,
            host=None if room is None else room.host,
        )

    def _count_unconnected(self, booking: Booking) -> None:
        self.unconnected.setdefault(booking.principal, {})[booking.id] = None
        if booking.guest:
            self.guests[booking.address_key] += 1

    def _uncount_unconnected(self, booking: Booking) -> None:
        mine = self.unconnected[booking.principal]
        del mine[booking.id]
        if not mine:
            del self.unconnected[booking.principal]
        if booking.guest:
            self.guests[booking.address_key] -= 1
            if not self.guests[booking.address_key]:
                del self.guests[booking.address_key]

    def _uncount_alive(self, region: Region) -> None:
        self.alive[region] -= 1
        if not self.alive[region]:
            del self.alive[region]
