"""What a store should hold, told from the history alone, without matchd's rules (wire.md 2.1-2.5).

`Model` is told each step before its answer is learnt from; `learn` then judges every happening: might
it happen at all, and was it the right one? It shares no code with what it judges but the records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matchd.domain.bookings import Cause, Wanted
from matchd.domain.happenings import (
    Booked,
    CandidateExpired,
    Connected,
    Happening,
    HostEntered,
    HostGone,
    Over,
)

LIVE = ("held", "connected")

_ENDS_FROM = {
    Cause.HOLD_EXPIRED: ("held",),
    Cause.PLAYER_LEFT: ("connected",),
    Cause.NOT_POLLED: ("waiting",),
    Cause.WAIT_OVER: ("waiting",),
    Cause.RELEASED: ("waiting", *LIVE),
    Cause.REPLACED: ("waiting", "held"),
    Cause.HOST_IDLE: LIVE,
    Cause.HOST_LEFT: LIVE,
    Cause.ROOM_CHANGED: LIVE,
    Cause.HOST_LOST: LIVE,
}
"""From which states a cause can end a booking."""


@dataclass
class ModelHost:
    """What a host has said."""

    room: str
    region: str
    game: str | None
    capacity: int
    slots: int | None
    seen_at: float
    busy: bool = False
    reported_at: float = 0.0
    left_at: float | None = None


@dataclass
class ModelBooking:
    """What has become of a booking."""

    who: str
    wanted: Wanted
    asked_at: float
    state: str = "waiting"
    host: str = ""
    held_at: float = 0.0
    connected_at: float = 0.0
    player: int | None = None
    vouched: bool = False
    alone_since: float = 0.0

    def alone(self, now: float) -> bool:
        """Whether nothing has kept it for 30 s."""
        kept = self.player is not None or self.vouched
        return not kept and now >= max(self.connected_at, self.alone_since) + 30


@dataclass
class Step:
    """What is being done: the only thing that may explain what happens."""

    verb: str = ""
    host: str = ""
    booking: str = ""
    who: str = ""
    idle: bool = False
    confirms: str = ""
    moved: bool = False


@dataclass
class Model:
    """The world as it should be."""

    now: float
    hosts: dict[str, ModelHost] = field(default_factory=dict)
    bookings: dict[str, ModelBooking] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    candidates: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    step: Step = field(default_factory=Step)

    # Rules.

    def live(self, host: str) -> list[str]:
        """The bookings that hold a slot of a host."""
        return [k for k, b in self.bookings.items() if b.host == host and b.state in LIVE]

    def free(self, name: str) -> int:
        """The slots a host has left."""
        host = self.hosts[name]
        live = [self.bookings[key] for key in self.live(name)]
        news = sum(b.state == "held" or b.connected_at > host.reported_at for b in live)
        said = host.slots
        if said is None:
            said = 0 if host.busy else host.capacity
        return max(0, min(said - news, host.capacity - len(live)))

    def offered(self, name: str) -> bool:
        """Whether a host may be given to anyone."""
        host = self.hosts[name]
        out = host.left_at is not None and self.now >= host.left_at + 30
        return self.now < host.seen_at + 30 and not out

    def lost(self, name: str) -> bool:
        """Whether a host is dead."""
        host = self.hosts[name]
        patience = 90 if self.live(name) else 30
        return host.room not in self.seats and self.now >= host.seen_at + patience

    def fits(self, key: str, name: str) -> bool:
        """Whether a host would do for a booking."""
        host, wanted = self.hosts[name], self.bookings[key].wanted
        named = wanted.host_id in (None, name)
        near = wanted.anywhere or any(host.region in group for group in wanted.classes)
        return named and near and (None in (wanted.game, host.game) or wanted.game == host.game)

    def waiting_for(self, name: str) -> list[str]:
        """Who waits and would take a slot of this host, oldest first."""
        waits = [key for key, b in self.bookings.items() if b.state == "waiting"]
        return [key for key in waits if self.fits(key, name)]

    # Steps.

    def report(self, name: str, said: ModelHost, busy: bool | None, named: str | None) -> None:
        """A beat that was taken in; `busy` is what it said, None when it said nothing."""
        known = self.hosts.get(name)
        said.busy = busy if busy is not None else bool(known and known.busy)
        said.reported_at = self.now
        self.step = Step("beat", name)
        self.step.moved = known is not None and known.room != said.room
        self.hosts[name] = said
        if known is None or self.step.moved:
            return
        said.left_at = known.left_at
        if busy:
            self._confirm(name, named)
        for key in self.live(name) if busy is False else []:
            booking = self.bookings[key]
            if named in (None, key) and booking.vouched:
                booking.vouched, booking.alone_since = False, self.now

    def word(self, name: str, named: str | None, *, busy: bool) -> None:
        """A status word that was taken in."""
        host = self.hosts[name]
        host.seen_at = self.now
        held = [key for key in self.live(name) if self.bookings[key].state == "held"]
        self.step = Step("say", name, booking=named or "", idle=not busy)
        if busy:
            self._confirm(name, named)
        if host.capacity == 1 or (named is None and not (busy and held)):
            host.busy, host.slots = busy, None

    def _confirm(self, name: str, named: str | None) -> None:
        """Busy: about the named booking, the oldest held one, or the only one there can be."""
        live = self.live(name)
        held = [key for key in live if self.bookings[key].state == "held"]
        only = live[:1] if self.hosts[name].capacity == 1 else []
        about = [key for key in live if key == named] if named else held[:1] or only
        for key in about:
            self.step.confirms = key
            self.bookings[key].vouched = True

    def seat(self, room: str, socket: int) -> None:
        """A host's socket is in the room."""
        self.seats[room] = socket
        for host in self.hosts.values():
            if host.room == room:
                host.left_at = None

    def unseat(self, room: str) -> None:
        """The host's socket has left the room."""
        del self.seats[room]
        for host in self.hosts.values():
            if host.room == room:
                host.left_at = self.now

    # Judging.

    def learn(self, happenings: Iterable[Happening]) -> None:
        """Judge what happened, and believe it."""
        for happening in happenings:
            match happening:
                case Booked(booking):
                    self._granted(booking.id, str(booking.host_id))
                case Connected(booking_id, host_id):
                    self._connected(booking_id, host_id)
                case Over():
                    self._over(happening)
                case HostGone(host_id, cause):
                    assert cause is Cause.HOST_LEFT or self.lost(host_id)
                    assert not self.live(host_id)
                    del self.hosts[host_id]
                case CandidateExpired(address):
                    self._turned_away(address.connection)
                case HostEntered():
                    self._recognised(happening)

    def _granted(self, key: str, name: str) -> None:
        booking = self.bookings[key]
        assert booking.state == "waiting", f"{key} was {booking.state}"
        assert self.offered(name), f"{name} was given although it is not offered"
        assert self.free(name) > 0, f"{name} was given without a free slot"
        assert self.waiting_for(name)[0] == key, f"{key} overtook in the line"
        assert len(self.live(name)) < self.hosts[name].capacity
        booking.state, booking.host, booking.held_at = "held", name, self.now

    def _connected(self, key: str, name: str) -> None:
        booking = self.bookings[key]
        assert (booking.state, booking.host) == ("held", name)
        met = booking.player is not None and self.hosts[name].room in self.seats
        said = self.step.confirms == key
        assert met or said, f"{key} is connected without reason"
        booking.state, booking.connected_at = "connected", self.now

    def _over(self, over: Over) -> None:
        booking = self.bookings[over.booking_id]
        assert self._may_end(over, booking), f"{over} after {self.step} of {booking}"
        booking.state, booking.player = over.state.value, None

    def _may_end(self, over: Over, booking: ModelBooking) -> bool:
        """Whether time or the current step explains this end."""
        step, now = self.step, self.now
        here = booking.player is not None
        mine = step.host == booking.host
        asked = step.booking == over.booking_id
        reasons = {
            Cause.HOLD_EXPIRED: now >= booking.held_at + (60 if here else 20),
            Cause.PLAYER_LEFT: booking.alone(now),
            Cause.NOT_POLLED: now >= booking.asked_at + 15,
            Cause.RELEASED: asked and step.verb == "release",
            Cause.WAIT_OVER: asked and step.verb == "leave_line",
            Cause.REPLACED: step.verb == "find" and step.who == booking.who != "",
            Cause.HOST_IDLE: mine and step.verb == "say" and step.idle,
            Cause.HOST_LEFT: mine and step.verb == "goodbye",
            Cause.ROOM_CHANGED: mine and step.moved,
            Cause.HOST_LOST: booking.host != "" and self.lost(booking.host),
        }
        return booking.state in _ENDS_FROM[over.cause] and reasons[over.cause]

    def _turned_away(self, socket: int) -> None:
        (place,) = [key for key, (number, _) in self.candidates.items() if number == socket]
        assert self.now >= self.candidates.pop(place)[1] + 60

    def _recognised(self, entered: HostEntered) -> None:
        name, room = entered.host_id, entered.room_id
        assert self.step.host == name
        assert room not in self.seats
        network = f"net-{name}"
        socket, since = self.candidates.pop((room, network))
        assert (socket, True) == (entered.host.connection, self.now < since + 60)
        self.seat(room, socket)
