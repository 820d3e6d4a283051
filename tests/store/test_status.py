"""Status words and goodbye (wire.md 2.2)."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import Connected, HostGone
from matchd.domain.hosts import Status
from matchd.store.ports import Nobody
from tests.store.house import BUSY, IDLE, House, booked, over, wish


@pytest.mark.parametrize("status", [IDLE, BUSY])
async def test_unknown_host(house: House, status: Status) -> None:
    """A status word or a goodbye of a host that never beat is answered None."""
    assert await house.say(status) is None
    assert await house.goodbye() is None


async def test_lost_host_is_unknown(house: House) -> None:
    """A host that is lost by now must beat before its word counts, swept or not."""
    await house.beaten()
    house.now += 30
    assert await house.say(IDLE) is None


async def test_busy_confirms_the_oldest_held(house: House) -> None:
    """`busy` without an id connects the oldest held booking, then the next one."""
    await house.beaten(capacity=3)
    first, second = await house.book(), await house.book()
    moved = await house.say(BUSY)
    assert moved is not None
    assert moved.happenings == (Connected(first.id, (await house.host()).host.id),)
    await house.say(BUSY)
    assert await house.state(second.id) == (State.CONNECTED, None)


async def test_busy_confirms_the_named(house: House) -> None:
    """`busy` with an id connects that booking and no other."""
    await house.beaten(capacity=3)
    first, second = await house.book(), await house.book()
    await house.say(BUSY, second.id)
    assert await house.state(first.id) == (State.HELD, None)
    assert await house.state(second.id) == (State.CONNECTED, None)


async def test_busy_beat_confirms_alike(house: House) -> None:
    """A busy beat confirms the named booking, or the oldest held one."""
    await house.beaten(capacity=3)
    first, second = await house.book(), await house.book()
    await house.beaten("h1", BUSY, capacity=3, slots=2, booking=second.id)
    assert await house.state(first.id) == (State.HELD, None)
    await house.beaten("h1", BUSY, capacity=3, slots=2)
    assert await house.state(first.id) == (State.CONNECTED, None)


async def test_busy_about_a_stranger_confirms_nothing(house: House) -> None:
    """A host can't confirm or end what stands on another host."""
    await house.beaten("h1", capacity=2)
    await house.beaten("h2", capacity=2)
    booking = await house.book(wish(host="h2"))
    await house.book(wish(host="h1"))
    await house.say(BUSY, booking.id)
    await house.say(IDLE, booking.id)
    assert await house.state(booking.id) == (State.HELD, None)


async def test_busy_without_booking_takes_the_host_away(house: House) -> None:
    """`busy` of an unbooked host means it is not free, until it says idle."""
    await house.beaten(slots=1)
    await house.say(BUSY)
    assert isinstance(await house.find(), Nobody)
    await house.say(IDLE)
    await house.book()


async def test_busy_vouches(house: House) -> None:
    """What the host called busy outlives the player's socket by any time."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.say(BUSY)
    await house.leaves(200)
    await house.alive(600, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_idle_ends_the_booking_of_a_single_slot(house: House) -> None:
    """`idle` of a host of capacity 1 ends the booking it has, held or connected."""
    await house.beaten()
    for confirm in (False, True):
        booking = await house.book()
        if confirm:
            await house.say(BUSY)
        moved = await house.say(IDLE)
        assert moved is not None
        assert over(moved.happenings) == [(booking.id, State.ENDED, Cause.HOST_IDLE)]
        assert await house.free() == 1


async def test_idle_ends_the_named(house: House) -> None:
    """`idle` with an id ends that booking only and frees one slot."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    await house.say(IDLE, second.id)
    assert await house.state(first.id) == (State.HELD, None)
    assert await house.state(second.id) == (State.ENDED, Cause.HOST_IDLE)
    assert await house.free() == 1


async def test_idle_of_many_slots_ends_nothing_unnamed(house: House) -> None:
    """`idle` without an id on a host of several slots ends none of its bookings."""
    await house.beaten(capacity=2)
    booking = await house.book()
    await house.say(IDLE)
    assert await house.state(booking.id) == (State.HELD, None)


async def test_idle_about_what_is_over_frees_nothing_else(house: House) -> None:
    """A word about a booking that lapsed meanwhile leaves the reported slots as they are."""
    await house.beaten(capacity=3, slots=1)
    booking = await house.book()
    await house.release(booking.id)
    await house.say(IDLE, booking.id)
    assert await house.free() == 1


async def test_idle_serves_the_line(house: House) -> None:
    """The slot that `idle` frees goes to the oldest waiter in the same step."""
    await house.beaten("h1", BUSY, slots=0)
    waiting = (await house.queue()).booking.id
    moved = await house.say(IDLE)
    assert moved is not None
    assert booked(moved.happenings) == [waiting]


async def test_word_refreshes_the_host(house: House) -> None:
    """A status word is a sign of life: the host is offered 30 s from it."""
    await house.beaten()
    house.now += 20
    await house.say(IDLE)
    await house.after(20)
    await house.book()


async def test_word_brings_a_quiet_host_back(house: House) -> None:
    """A host kept for its booking is offered and counted again after a status word."""
    await house.beaten(capacity=2)
    booking = await house.book()
    await house.meet(booking.id)
    await house.after(40)
    assert isinstance(await house.find(), Nobody)
    await house.say(BUSY, booking.id)
    await house.book()


async def test_goodbye(house: House) -> None:
    """A goodbye takes the host out at once and ends its bookings as left by the host."""
    await house.beaten(capacity=2)
    held, met = await house.book(), await house.book()
    await house.say(BUSY, met.id)
    moved = await house.goodbye()
    assert moved is not None
    assert over(moved.happenings) == [
        (held.id, State.ENDED, Cause.HOST_LEFT),
        (met.id, State.ENDED, Cause.HOST_LEFT),
    ]
    assert isinstance(moved.happenings[-1], HostGone)
    assert isinstance(await house.find(), Nobody)


async def test_goodbye_frees_the_room_id(house: House) -> None:
    """After a goodbye another host may have the room, and the same host may come again."""
    await house.beaten()
    await house.goodbye()
    await house.beaten("h2", room="r1")
    await house.goodbye("h2")
    assert (await house.beaten()).view.free == 1


async def test_busy_beat_from_a_new_room_confirms_nothing(house: House) -> None:
    """What a beat that changes rooms says is not about the booking it is given by that beat."""
    await house.beaten(slots=1)
    await house.book()
    waiting = (await house.queue()).booking.id
    await house.beaten("h1", BUSY, slots=1, room="r9")
    assert await house.state(waiting) == (State.HELD, None)


async def test_idle_beat_about_one_booking(house: House) -> None:
    """An idle beat that names a booking withdraws the host's word for that one only."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    await house.say(BUSY, first.id)
    await house.say(BUSY, second.id)
    await house.beaten("h1", IDLE, capacity=2, booking=first.id)
    await house.beaten("h1", IDLE, capacity=2, booking="stale")
    await house.alive(60, "h1")
    assert await house.state(first.id) == (State.ENDED, Cause.PLAYER_LEFT)
    assert await house.state(second.id) == (State.CONNECTED, None)


async def test_idle_beat_after_a_lowered_capacity(house: House) -> None:
    """An idle beat withdraws the word for every booking, also on a host that now has one slot."""
    await house.beaten(capacity=2)
    bookings = [await house.book(), await house.book()]
    for booking in bookings:
        await house.say(BUSY, booking.id)
    await house.beaten("h1", IDLE, capacity=1)
    await house.alive(60, "h1")
    assert [(await house.state(b.id))[0] for b in bookings] == [State.ENDED, State.ENDED]
