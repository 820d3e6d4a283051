"""A host or player that dies in any state: what is told, what is freed, and that nothing stays."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import HostGone, HostQuiet
from matchd.domain.ids import RoomId
from matchd.store.ports import Nobody
from tests.store.house import BUSY, EPOCH, House, over, socket, wish


async def test_unbooked_host_is_gone_after_its_ttl(house: House) -> None:
    """A host without bookings that falls silent is gone, with the word, after 30 s."""
    await house.beaten()
    assert await house.after(29.9) == ()
    (gone,) = await house.after(0.1)
    assert isinstance(gone, HostGone)
    assert gone.cause is Cause.HOST_LOST
    assert (await house.store.hosts.counts()).alive == 0


async def test_never_connected(house: House) -> None:
    """A host that dies before its player comes: the hold lapses, the host is gone at its ttl."""
    await house.beaten()
    booking = await house.book()
    assert over(await house.after(20)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]
    assert [type(item) for item in await house.after(10)] == [HostGone]


async def test_held_with_a_player_waiting(house: House) -> None:
    """A host that dies while its player waits is not offered; the hold ends at 60 s, it with it."""
    await house.beaten(capacity=2)
    booking = await house.book()
    await house.player_enters(booking.id)
    assert [type(item) for item in await house.after(30)] == [HostQuiet]
    assert isinstance(await house.find(), Nobody)
    assert over(await house.after(30)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]
    await house.after(0)
    assert await house.store.hosts.page(None, 9, house.now) == ()


async def test_connected_and_vouched(house: House) -> None:
    """A host that dies in a session keeps it for 90 s; then the session ends as lost."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.say(BUSY)
    await house.leaves(100)
    for _ in range(17):
        assert over(await house.after(5)) == []
    assert over(await house.after(4.9)) == []
    assert over(await house.after(0.1)) == [(booking.id, State.ENDED, Cause.HOST_LOST)]


async def test_one_lost_beat_ends_nothing(house: House) -> None:
    """A host that is back before 90 s has its session and its slots as before."""
    await house.beaten(capacity=2)
    booking = await house.book()
    await house.meet(booking.id)
    await house.leaves(100)
    await house.after(89)
    await house.host_enters()
    await house.beaten(capacity=2)
    assert await house.state(booking.id) == (State.CONNECTED, None)
    assert await house.free() == 1


async def test_socket_keeps_a_silent_host(house: House) -> None:
    """A host whose beats stop but whose socket stands keeps its session, unoffered."""
    await house.beaten(capacity=2)
    booking = await house.book()
    await house.meet(booking.id)
    await house.alive(300)
    assert await house.state(booking.id) == (State.CONNECTED, None)
    assert isinstance(await house.find(), Nobody)


async def test_silent_host_whose_socket_leaves(house: House) -> None:
    """A host long silent is lost at the sweep after its socket has left."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.alive(300)
    await house.leaves(100)
    assert over(await house.after(0)) == [(booking.id, State.ENDED, Cause.HOST_LOST)]


async def test_silent_host_whose_last_booking_ends(house: House) -> None:
    """A host kept only for its booking is gone at the sweep after that has ended."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.leaves(100)
    await house.after(40)
    await house.release(booking.id)
    assert [type(item) for item in await house.after(0)] == [HostGone]


async def test_waiting_line_outlives_hosts(house: House) -> None:
    """A host that dies serves nobody; the waiter stays in line and is served by the next."""
    await house.beaten("h1", BUSY, slots=0)
    waiting = (await house.queue(wish(host="h1"))).booking.id
    await house.after(10)
    await house.poll(waiting)
    await house.after(10)
    await house.poll(waiting)
    await house.after(10)
    assert await house.state(waiting) == (State.WAITING, None)
    await house.beaten("h1")
    assert await house.state(waiting) == (State.HELD, None)


async def test_reborn_with_another_name(house: House) -> None:
    """A host that restarts under a new id takes its old room over once the old id is lost."""
    await house.beaten("h1")
    booking = await house.book()
    house.now += 90
    reborn = await house.beaten("h2", room="r1")
    assert over(reborn.happenings) == [(booking.id, State.ENDED, Cause.HOST_LOST)]
    assert reborn.view.free == 1


async def test_player_dies_before_entering(house: House) -> None:
    """A player who never comes costs the host one hold."""
    await house.beaten()
    await house.book()
    await house.alive(20, "h1")
    await house.book()


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.3, 0.7])
async def test_everything_is_forgotten(house: House, fraction: float) -> None:
    """When all have stopped and time passes, nothing is left, at sweeps at the very deadlines."""
    house.now = EPOCH + fraction
    await house.beaten("h1", capacity=3)
    await house.beaten("h2", BUSY)
    await house.meet((await house.book()).id)
    await house.book(guest="a")
    await house.queue(wish("nowhere"))
    await house.queue(wish("nowhere"), guest="b")
    await house.leaves(100)
    await house.leaves(200)
    for seconds in (15, 5, 10, 60, 0, 200, 30, 60, 60):
        await house.after(seconds)
    store = house.store
    assert await store.hosts.page(None, 9, house.now) == ()
    assert await store.bookings.page(None, 9, house.now) == ()
    assert await store.rooms.page(None, 9) == ()
    counts = await store.hosts.counts()
    assert (counts.alive, counts.held, counts.connected, counts.waiting) == (0, 0, 0, 0)


async def test_sweeps_at_the_very_deadline(house: House) -> None:
    """A sweep at the moment a lease ends finds it ended, however that moment is rounded."""
    for number in range(200):
        house.now = number * 0.1
        await house.beaten(f"h{number}")
        house.now += 30
        assert [type(item) for item in await house.after(0)] == [HostGone]


async def test_candidate_at_the_very_deadline(house: House) -> None:
    """A candidate is turned away by the sweep at its deadline, however that is rounded."""
    rooms = house.store.rooms
    for number in range(200):
        house.now = number * 0.1
        await rooms.wait_outside(RoomId("r1"), "net", socket(number), house.now)
        house.now += 60
        assert len(await house.after(0)) == 1
