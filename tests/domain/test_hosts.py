"""A host's leases and free slots, apart from any store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.bookings import State
from matchd.domain.hosts import Beat, Host, Leases, Status, free_slots
from matchd.domain.ids import HostId, Region, RoomId
from tests.domain.test_bookings import booking

TIMES = st.floats(0, 2e9)
LEASES = st.builds(
    Leases,
    ttl=st.floats(1, 100),
    lost_after=st.floats(101, 500),
    room_grace=st.floats(1, 100),
)


def host(seen_at: float = 0.0) -> Host:
    """A host of one slot."""
    made = Host(id=HostId("h1"), room_id=RoomId("r1"), region=Region("eu"))
    made.seen_at = seen_at
    return made


@given(TIMES, LEASES)
def test_look_at_the_ttl_finds_it_over(seen_at: float, leases: Leases) -> None:
    """At the moment the sweeper is told to come, an unbooked host is lost, however rounded."""
    one = host(seen_at)
    due = one.next_deadline(leases, seen_at)
    assert one.is_lost(leases, due)
    assert not one.offerable(leases, due)


@given(TIMES, LEASES)
def test_look_at_lost_after_finds_it_over(seen_at: float, leases: Leases) -> None:
    """A host with bookings is quiet at the first mark and lost at the second."""
    one = host(seen_at)
    one.bookings = [booking().id]
    first = one.next_deadline(leases, seen_at)
    assert (one.offerable(leases, first), one.is_lost(leases, first)) == (False, False)
    second = one.next_deadline(leases, first)
    assert one.is_lost(leases, second)
    assert one.next_deadline(leases, second) == second


@given(TIMES, LEASES)
def test_look_at_the_room_grace_finds_it_over(left_at: float, leases: Leases) -> None:
    """At the end of its grace a host out of its room is not offered, however rounded."""
    one = host(left_at)
    one.left_room_at = left_at
    due = one.next_deadline(leases, left_at)
    assert one.offerable(leases, left_at)
    assert not one.offerable(leases, due)


def test_socket_keeps_a_silent_host() -> None:
    """A host in its room is never lost, and looked at again after a ttl."""
    one = host()
    one.in_room = True
    assert not one.is_lost(Leases(), 1e6)
    assert one.next_deadline(Leases(), 1e6) == 1e6 + 30


def test_report_takes_all_but_status() -> None:
    """A beat replaces everything it does not mention with its default, except the status."""
    one = host()
    beat = Beat(host_id=one.id, room_id=RoomId("r2"), region=Region("us"), available_slots=0)
    one.status, one.game_info = Status.BUSY, b"{}"
    one.report(beat, 7.0)
    assert (one.room_id, one.region, one.status, one.game_info) == ("r2", "us", "busy", b"")
    assert (one.available_slots, one.slots_at, one.seen_at) == (0, 7.0, 7.0)


@given(
    st.integers(1, 10),
    st.none() | st.integers(0, 10),
    st.sampled_from(Status),
    st.lists(st.none() | st.sampled_from([4.0, 6.0]), max_size=12),
)
def test_free_slots(
    capacity: int, slots: int | None, status: Status, live: list[float | None]
) -> None:
    """Never negative, never more than the capacity leaves, never more than was reported."""
    one = host()
    one.capacity, one.available_slots, one.status, one.slots_at = capacity, slots, status, 5.0
    bookings = [
        booking(State.HELD) if at is None else booking(State.CONNECTED, connected_at=at)
        for at in live
    ]
    free = free_slots(one, bookings)
    said = (0 if status is Status.BUSY else capacity) if slots is None else slots
    news = sum(at is None or at > 5.0 for at in live)
    assert free == max(0, min(said - news, capacity - len(live)))
