"""Heartbeats (wire.md 2.1): registration, rooms, and the rule of free slots."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import HostAppeared, HostGone, HostQuiet
from matchd.domain.hosts import Status
from matchd.store.ports import Beaten, Nobody, RoomConflict
from tests.store.house import BUSY, IDLE, House, booked, over, wish


async def test_first_beat_registers(house: House) -> None:
    """A beat of an unknown host registers it: announced, offered, idle, one slot."""
    beaten = await house.beaten("h1")
    (appeared,) = beaten.happenings
    assert isinstance(appeared, HostAppeared)
    view = beaten.view
    assert (view.offered, view.free, view.host.status, view.host.capacity) == (True, 1, IDLE, 1)


async def test_beat_refreshes(house: House) -> None:
    """A second beat tells no news and keeps the host's first-seen time."""
    first = (await house.beaten("h1")).view.host
    house.now += 10
    again = await house.beaten("h1")
    assert again.happenings == ()
    assert (again.view.host.first_seen, again.view.host.seen_at) == (first.first_seen, house.now)


async def test_absent_status_leaves_it_unchanged(house: House) -> None:
    """A beat without a status keeps the one before; everything else is a full report."""
    await house.beaten("h1", BUSY, capacity=3, slots=1, game="chess")
    host = (await house.beaten("h1")).view.host
    assert (host.status, host.capacity, host.available_slots, host.game) == (BUSY, 1, None, None)


async def test_room_of_live_host_is_taken(house: House) -> None:
    """A second host can't have the room of a live one, and its beat changes nothing."""
    await house.beaten("h1")
    assert isinstance(await house.beat("h2", room="r1"), RoomConflict)
    assert (await house.store.hosts.counts()).alive == 1
    assert await house.store.hosts.get((await house.beaten("h3")).view.host.id, house.now)


async def test_room_of_lost_host_is_free(house: House) -> None:
    """The room of a host unseen for its ttl is taken over, also before a sweep."""
    await house.beaten("h1")
    house.now += 30
    taken = await house.beaten("h2", room="r1")
    assert [type(item) for item in taken.happenings] == [HostGone, HostAppeared]


async def test_refused_beat_of_a_lost_host_changes_nothing(house: House) -> None:
    """A lost host that names a taken room is refused; the end of its booking is still told."""
    await house.beaten("h1")
    booking = await house.book()
    house.now += 90
    await house.beaten("h2")
    assert isinstance(await house.beat("h1", room="r2"), RoomConflict)
    news = await house.after(0)
    assert over(news) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)] or over(news) == [
        (booking.id, State.ENDED, Cause.HOST_LOST)
    ]
    assert [item.host_id for item in news if isinstance(item, HostGone)] == ["h1"]


async def test_host_moves_room(house: House) -> None:
    """A host that names another room keeps its slot, loses its bookings, and frees the old room."""
    await house.beaten("h1")
    booking = await house.book()
    moved = await house.beaten("h1", room="r9")
    assert over(moved.happenings) == [(booking.id, State.ENDED, Cause.ROOM_CHANGED)]
    assert moved.view.free == 1
    assert isinstance(await house.beat("h2", room="r1"), Beaten)


async def test_moved_host_serves_the_line_from_its_new_room(house: House) -> None:
    """The slot that a change of room frees goes to the line, with the new room."""
    await house.beaten("h1")
    await house.book()
    waiting = (await house.queue()).booking.id
    moved = await house.beaten("h1", room="r9")
    assert booked(moved.happenings) == [waiting]
    found = await house.look(waiting)
    assert found is not None
    assert found.booking.room_id == "r9"


@pytest.mark.parametrize("status", [None, IDLE, BUSY])
async def test_beat_never_unbooks_a_held_booking(house: House, status: Status | None) -> None:
    """Whatever a beat says, a held booking stays live and its slot stays taken."""
    await house.beaten("h1", IDLE, slots=1)
    booking = await house.book()
    house.now += 5
    await house.beaten("h1", status, slots=1)
    assert (await house.state(booking.id))[0].live
    assert isinstance(await house.find(), Nobody)


async def test_era_a_constant_beats(house: House) -> None:
    """Beats that always say idle, one slot of one, give the host to one player at a time."""
    await house.beaten("h1", IDLE, slots=1)
    booking = await house.book()
    await house.meet(booking.id)
    for _ in range(8):
        await house.after(25)
        beaten = await house.beaten("h1", IDLE, slots=1)
        assert (beaten.view.free, await house.state(booking.id)) == (0, (State.CONNECTED, None))
    await house.leaves(200)
    await house.alive(30, "h1")
    assert await house.free("h1") == 1


async def test_era_b_beats(house: House) -> None:
    """Busy with no slots confirms; idle with one frees the slot after the grace, not before."""
    await house.beaten("h1", IDLE, slots=1)
    booking = await house.book()
    await house.beaten("h1", BUSY, slots=0)
    assert await house.state(booking.id) == (State.CONNECTED, None)
    await house.alive(600, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)
    assert (await house.beaten("h1", IDLE, slots=1)).view.free == 0
    await house.alive(30, "h1")
    assert await house.state(booking.id) == (State.ENDED, Cause.PLAYER_LEFT)


@pytest.mark.parametrize(
    ("status", "slots", "capacity", "free"),
    [
        (IDLE, None, 1, 1),
        (IDLE, None, 4, 4),
        (IDLE, 2, 4, 2),
        (IDLE, 0, 4, 0),
        (BUSY, None, 4, 0),
        (BUSY, 2, 4, 2),
        (BUSY, 0, 1, 0),
    ],
)
async def test_free_slots_as_reported(
    house: House, status: Status, slots: int | None, capacity: int, free: int
) -> None:
    """Without bookings a host has the slots it reports: none when busy and silent about them."""
    beaten = await house.beaten("h1", status, slots=slots, capacity=capacity)
    assert beaten.view.free == free
    assert (await house.store.hosts.counts()).free == (free > 0)


async def test_slots_count_bookings_the_report_could_not_know(house: House) -> None:
    """Held ones and those connected after the report are taken off the reported slots."""
    await house.beaten("h1", IDLE, capacity=4, slots=2)
    first = await house.book()
    assert await house.free() == 1
    house.now += 1
    await house.say(BUSY, first.id)
    assert await house.free() == 1
    house.now += 1
    await house.beaten("h1", IDLE, capacity=4, slots=2)
    assert await house.free() == 2
    await house.beaten("h1", IDLE, capacity=4, slots=4)
    assert await house.free() == 3


async def test_lowered_capacity_keeps_bookings(house: House) -> None:
    """A host that lowers its capacity under its bookings keeps them and is given no more."""
    await house.beaten("h1", capacity=3)
    bookings = [await house.book() for _ in range(3)]
    assert (await house.beaten("h1", capacity=1)).view.free == 0
    await house.release(bookings[0].id)
    await house.release(bookings[1].id)
    assert await house.free() == 0
    await house.release(bookings[2].id)
    assert await house.free() == 1


async def test_beat_answers_its_live_bookings(house: House) -> None:
    """The answer to a beat lists the live bookings with the moment each ends by itself."""
    await house.beaten("h1", capacity=2)
    claimed_at = house.now
    held = await house.book()
    met = await house.book()
    await house.meet(met.id)
    view = (await house.beaten("h1", capacity=2)).view
    assert [booking.id for booking in view.bookings] == [held.id, met.id]
    assert view.deadlines == (claimed_at + 20, None)


async def test_unseen_host_is_not_offered(house: House) -> None:
    """A host unseen for 30 s is not offered, also before a sweep; a beat brings it back."""
    await house.beaten("h1")
    house.now += 29.9
    await house.release((await house.book()).id)
    house.now += 0.1
    assert isinstance(await house.find(), Nobody)
    await house.beaten("h1")
    await house.book()


async def test_quiet_host_is_said_once(house: House) -> None:
    """A host that carries a booking and falls silent is said to be quiet once, and not counted."""
    await house.beaten("h1")
    await house.meet((await house.book()).id)
    news = [*await house.after(30), *await house.after(5)]
    assert [type(item) for item in news] == [HostQuiet]
    assert (await house.store.hosts.counts()).alive == 0
    assert (await house.beaten("h1")).happenings == ()
    assert (await house.store.hosts.counts()).alive == 1


async def test_regions_are_counted_apart(house: House) -> None:
    """The counters tell hosts alive, free, in the wanted regions, and bookings held."""
    for name, region in (("h1", "eu"), ("h2", "eu"), ("h3", "us")):
        await house.beaten(name, region=region)
    await house.beaten("h2", region="us")
    await house.book(wish(host="h3"))
    counts = await house.store.hosts.counts((wish("eu").regions[0],))
    assert (counts.alive, counts.free, counts.in_region, counts.held) == (3, 2, 1, 1)
    assert (counts.connected, counts.waiting) == (0, 0)
    assert (await house.store.hosts.counts()).in_region == 3


async def test_pages(house: House) -> None:
    """Hosts come in pages in order of their ids, each once."""
    for number in (3, 1, 4, 5, 2):
        await house.beaten(f"h{number}")
    seen: list[str] = []
    after = None
    while page := await house.store.hosts.page(after, 2, house.now):
        assert len(page) <= 2
        seen += [view.host.id for view in page]
        after = page[-1].host.id
    assert seen == ["h1", "h2", "h3", "h4", "h5"]


async def test_views_are_copies(house: House) -> None:
    """What the store hands out does not change with it."""
    view = (await house.beaten("h1")).view
    booking = await house.book()
    await house.release(booking.id)
    assert (view.free, view.host.bookings, booking.state) == (1, [], State.HELD)
