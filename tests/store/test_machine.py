"""Any order of beats, finds, sockets and time: the invariants of design.md and an independent model.

Players', rooms' and time's half of the machine, what must agree after every step, and the end: when
everything stops and time passes, nothing may stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from matchd.domain.bookings import Wanted
from matchd.domain.ids import RoomId
from matchd.store.ports import Claimed, Found, HostView, Nobody
from tests.store.backends import BACKENDS
from tests.store.house import socket, wish
from tests.store.machine import ANY, GAMES, HOSTS, HostMachine
from tests.store.model import LIVE, ModelBooking, Step
from tests.thorough import TIMES

ROOMS = st.sampled_from(["r1", "r2", "r3"])
WISHES = st.one_of(
    st.just(wish()),
    st.builds(wish, st.sampled_from([None, "eu", "us"])),
    st.builds(wish, st.sampled_from([None, "eu"]), host=st.none() | HOSTS, game=GAMES),
    st.just(wish(None, ("us",), ("eu",))),
)
BOUNDS = settings(
    max_examples=60 * TIMES,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SECONDS = st.sampled_from([0.5, 2.0, 4.0, 9.0, 16.0, 31.0])


def has(*states: str) -> Callable[[HostMachine], bool]:
    """Whether there is a booking in one of these states (any: at all)."""
    return lambda machine: machine.a_booking(0, *states) is not None


class Machine(HostMachine):
    """Hosts, players, sockets and time in any order, against one backend."""

    sockets = 0

    def a_socket(self) -> int:
        """A new socket's number."""
        self.sockets += 1
        return self.sockets

    # Players.

    @rule(wanted=WISHES, who=st.sampled_from(["", "ann", "bob", "cleo"]), waits=st.booleans())
    def find(self, *, wanted: Wanted, who: str, waits: bool) -> None:
        """A find of a player, or of a guest from an address of his own."""
        self.model.step = Step("find", who=who)
        guest = None if who else f"net{self.house.now}"
        answer = self.do(lambda: self.house.find(wanted, who=who or None, guest=guest, waits=waits))
        assert isinstance(answer, Claimed | Nobody)
        if isinstance(answer, Claimed):
            asked = ModelBooking(who, wanted, self.model.now)
            self.model.bookings[answer.found.booking.id] = asked
        self.learn(answer.happenings)

    @precondition(has("waiting"))
    @rule(at=ANY)
    def poll(self, at: int) -> None:
        """Someone in line polls."""
        key = self.a_booking(at, "waiting")
        if key is not None:
            assert self.do(lambda: self.house.poll(key)) is not None
            self.model.bookings[key].asked_at = self.model.now

    @precondition(has())
    @rule(at=ANY)
    def release(self, at: int) -> None:
        """A player gives back whatever he has."""
        key = self.a_booking(at)
        if key is not None:
            self.model.step = Step("release", booking=key)
            freed = self.do(lambda: self.house.release(key))
            self.learn(freed or ())

    @precondition(has("waiting", "held"))
    @rule(at=ANY)
    def leave_line(self, at: int) -> None:
        """A player gives up waiting, perhaps too late."""
        key = self.a_booking(at, "waiting", "held")
        if key is not None:
            self.model.step = Step("leave_line", booking=key)
            left = self.do(lambda: self.house.leave_line(key))
            self.learn(() if left is None else left[1])

    @rule(who=st.sampled_from(["ann", "bob", "cleo", "dan"]), waits=st.booleans())
    def play(self, *, who: str, waits: bool) -> None:
        """A player takes any host, as most do."""
        self.find(wanted=wish(), who=who, waits=waits)

    @rule(region=st.sampled_from([None, "eu"]))
    def crowd(self, region: str | None) -> None:
        """Two guests stand in line for the same."""
        for _ in range(2):
            self.find(wanted=wish(region), who="", waits=True)

    # Rooms.

    @rule(room=ROOMS)
    def host_enters(self, room: str) -> None:
        """A host's socket takes its seat, or replaces the one there."""
        number = self.a_socket()
        entered = self.do(lambda: self.house.host_enters(number, room))
        assert entered.replaced == (
            socket(self.model.seats[room]) if room in self.model.seats else None
        )
        self.model.step = Step("enter")
        self.model.seat(room, number)
        self.learn(entered.happenings)

    @precondition(lambda self: len(self.model.candidates) < 2)
    @rule(room=ROOMS, name=HOSTS)
    def wait_outside(self, room: str, name: str) -> None:
        """A socket without credentials from a host's network."""
        number, network = self.a_socket(), f"net-{name}"
        store = self.house.store.rooms
        self.do(lambda: store.wait_outside(RoomId(room), network, socket(number), self.house.now))
        self.model.candidates[room, network] = number, self.model.now

    @precondition(has(*LIVE))
    @rule(at=ANY)
    def player_enters(self, at: int) -> None:
        """A player's socket takes the place of its live booking."""
        key, number = self.a_booking(at, *LIVE), self.a_socket()
        if key is not None:
            booking = self.model.bookings[key]
            room = self.model.hosts[booking.host].room
            entered = self.do(lambda: self.house.player_enters(key, number, room))
            self.model.step = Step("enter")
            booking.player = number
            self.learn(entered.happenings)

    @precondition(has("held"))
    @rule(at=ANY)
    def meet(self, at: int) -> None:
        """The host's socket and a player's both enter, as most do."""
        key = self.a_booking(at, "held")
        assert key is not None
        self.host_enters(self.model.hosts[self.model.bookings[key].host].room)
        self.player_enters(at)

    @precondition(has(*LIVE))
    @rule(at=ANY)
    def player_leaves(self, at: int) -> None:
        """A player's socket leaves."""
        there = [key for key, booking in self.model.bookings.items() if booking.player is not None]
        if there:
            booking = self.model.bookings[there[at % len(there)]]
            room, number = self.model.hosts[booking.host].room, booking.player
            assert number is not None
            assert self.do(lambda: self.house.leaves(number, room)) is not None
            booking.player, booking.alone_since = None, self.model.now

    @precondition(lambda self: bool(self.model.seats))
    @rule(room=ROOMS)
    def host_leaves(self, room: str) -> None:
        """A host's socket leaves."""
        if room in self.model.seats:
            left = self.do(lambda: self.house.leaves(self.model.seats[room], room))
            assert left is not None
            self.model.unseat(room)
            self.learn(left.happenings)

    # Time.

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        """Some time, then a sweep."""
        self.model.step = Step("sweep")
        self.learn(self.do(lambda: self.house.after(seconds - 0.001)))
        for key, booking in self.model.bookings.items():
            lease = 20 if booking.player is None else 60
            held = booking.state == "held"
            assert not held or self.model.now < booking.held_at + lease, f"{key} outlived its hold"
            met = booking.state == "connected"
            assert not (met and booking.alone(self.model.now)), f"{key} outlived its grace"
            waits = booking.state == "waiting"
            assert not waits or self.model.now < booking.asked_at + 15, f"{key} was never dropped"
        assert not [name for name in self.model.hosts if self.model.lost(name)]

    # What must agree.

    @invariant()
    def agrees(self) -> None:
        """The store and the model hold the same."""
        if hasattr(self, "portal"):
            hosts, found = self.portal.run(self._pages)
            self._hosts_agree(hosts)
            self._bookings_agree(found)

    async def _pages(self) -> tuple[tuple[HostView, ...], tuple[Found, ...]]:
        store, now = self.house.store, self.house.now
        return await store.hosts.page(None, 99, now), await store.bookings.page(None, 999, now)

    def _hosts_agree(self, hosts: tuple[HostView, ...]) -> None:
        model = self.model
        assert {view.host.id for view in hosts} == set(model.hosts)
        for view in hosts:
            name = view.host.id
            assert (view.free, view.offered) == (model.free(name), model.offered(name)), name
            assert sorted(booking.id for booking in view.bookings) == sorted(model.live(name))
            assert view.host.in_room == (model.hosts[name].room in model.seats)
            idle = view.offered and view.free > 0
            assert not (idle and model.waiting_for(name)), f"{name} is free while one waits"

    def _bookings_agree(self, found: tuple[Found, ...]) -> None:
        here = {item.booking.id: item.booking.state.value for item in found}
        known = {key: booking.state for key, booking in self.model.bookings.items()}
        mine = [b.who for b in self.model.bookings.values() if b.state in ("waiting", "held")]
        assert max([mine.count(who) for who in set(mine) - {""}], default=1) == 1
        missing = set(known) - set(here)
        assert not [key for key in missing if known[key] in (*LIVE, "waiting")]
        assert here == {key: state for key, state in known.items() if key not in missing}

    # The end.

    def teardown(self) -> None:
        """All stop; when time has passed nothing is left."""
        if not hasattr(self, "portal"):
            return
        try:
            for room in list(self.model.seats):
                self.host_leaves(room)
            for at in range(len(self.model.bookings)):
                self.player_leaves(at)
            for _ in range(12):
                self.model.step = Step("sweep")
                self.learn(self.do(lambda: self.house.after(45)))
            assert self.portal.run(self._pages) == ((), ())
            assert self.portal.run(lambda: self.house.store.rooms.page(None, 9)) == ()
        finally:
            self.portal.close()


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_machine(backend: str) -> None:
    """No order of steps breaks an invariant, surprises the model, or leaves anything behind."""
    machine: Any = type("BackendMachine", (Machine,), {"backend": backend})
    # The twins' test holds two backends against each other, so the slower one needs fewer runs; the
    # third runs the same scripts as the second.
    examples = {"embedded": 60, "redis": 12, "cluster": 6}[backend] * TIMES
    run_state_machine_as_test(machine, settings=settings(BOUNDS, max_examples=examples))
