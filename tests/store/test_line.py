"""The line (wire.md 2.3): first come, first served among those that fit."""

from __future__ import annotations

from matchd.domain.bookings import Cause, State
from matchd.store.ports import Claimed, Nobody
from tests.store.house import BUSY, House, booked, over, socket, wish


async def ids_in_line(house: House, *wanted: str | None) -> list[str]:
    """Put one waiter per region into the line and return their bookings' ids."""
    return [(await house.queue(wish(region))).booking.id for region in wanted]


async def test_waiting_holds_no_slot(house: House) -> None:
    """A place in the line is a booking without host or expiry."""
    found = await house.queue()
    assert (found.booking.host_id, found.expires_at) == (None, None)
    assert (await house.store.hosts.counts()).waiting == 1


async def test_wait_with_a_free_host_is_served_at_once(house: House) -> None:
    """A find that would wait is held at once when a host is free."""
    await house.beaten()
    answer = await house.find(waits=True)
    assert isinstance(answer, Claimed)
    assert (answer.found.booking.state, answer.found.line) == (State.HELD, None)


async def test_first_come_first_served(house: House) -> None:
    """Slots go to waiters in the order they came."""
    waiting = await ids_in_line(house, None, None, None)
    first = await house.beaten("h1", capacity=2)
    assert booked(first.happenings) == waiting[:2]
    second = await house.beaten("h2")
    assert booked(second.happenings) == waiting[2:]


async def test_only_those_that_fit(house: House) -> None:
    """A slot passes over waiters it does not fit, who keep their places."""
    waiting = await ids_in_line(house, "us", "eu", None, "us")
    beaten = await house.beaten("h1", region="eu", capacity=3)
    assert booked(beaten.happenings) == waiting[1:3]
    beaten = await house.beaten("h2", region="us", capacity=3)
    assert booked(beaten.happenings) == [waiting[0], waiting[3]]


async def test_line_by_game_and_host(house: House) -> None:
    """Game and named host decide who fits, in every mixture, oldest first."""
    wishes = [
        wish(host="h2"),
        wish(game="go"),
        wish("eu", game="chess"),
        wish(host="h1", game="go"),
        wish(host="h1"),
        wish(),
    ]
    waiting = [(await house.queue(wanted)).booking.id for wanted in wishes]
    beaten = await house.beaten("h1", game="chess", capacity=9)
    assert booked(beaten.happenings) == [waiting[2], waiting[4], waiting[5]]
    beaten = await house.beaten("h2", capacity=9)
    assert booked(beaten.happenings) == waiting[:2]


async def test_regions_of_a_waiter_are_alternatives(house: House) -> None:
    """A waiter with several regions takes the first slot in any of them, and only one."""
    waiting = (await house.queue(wish(None, ("eu",), ("us",)))).booking.id
    beaten = await house.beaten("h1", region="us", capacity=5)
    assert booked(beaten.happenings) == [waiting]
    assert booked((await house.beaten("h2", region="eu")).happenings) == []


async def test_no_overtaking(house: House) -> None:
    """A find that does not wait gets nobody while the slot belongs to a waiter."""
    await house.beaten()
    booking = await house.book()
    waiting = await ids_in_line(house, None)
    await house.release(booking.id)
    assert isinstance(await house.find(), Nobody)
    assert await house.state(waiting[0]) == (State.HELD, None)


async def test_larger_capacity_serves_the_line(house: House) -> None:
    """A beat that reports more slots gives them to the line."""
    await house.beaten("h1")
    await house.book()
    waiting = await ids_in_line(house, None)
    assert booked((await house.beaten("h1", capacity=2)).happenings) == waiting


async def test_host_back_in_its_room_serves_the_line(house: House) -> None:
    """A host that was withheld for being out of its room serves the line when it is back."""
    await house.beaten("h1")
    await house.host_enters()
    await house.leaves(100)
    await house.alive(30, "h1")
    waiting = await ids_in_line(house, None)
    assert booked((await house.host_enters()).happenings) == waiting


async def test_lapse_serves_the_line(house: House) -> None:
    """The slot of a booking that lapses goes to the line in the same sweep."""
    await house.beaten("h1")
    booking = await house.book()
    await house.after(10)
    waiting = await ids_in_line(house, None)
    happenings = await house.after(10)
    assert [over(happenings)[0][0], booked(happenings)] == [booking.id, waiting]


async def test_end_of_a_session_serves_the_line(house: House) -> None:
    """The slot of a player who left for good goes to the line in the same sweep."""
    await house.beaten("h1")
    await house.meet((await house.book()).id)
    await house.leaves(200)
    await house.alive(25, "h1")
    waiting = await ids_in_line(house, None)
    assert booked(await house.after(5)) == waiting


async def test_position(house: House) -> None:
    """Positions count from 1 those who compete for the same hosts, and move up."""
    first, other, second = await ids_in_line(house, "eu", "us", "eu")
    assert await place(house, first) == 1
    assert await place(house, second) == 2
    assert await place(house, other) == 1
    await house.leave_line(first)
    assert await place(house, second) == 1


async def place(house: House, booking: str) -> int:
    """The position of a booking that waits."""
    found = await house.look(booking)
    assert found is not None
    assert found.line is not None
    return found.line.position


async def test_position_of_those_behind_anyone(house: House) -> None:
    """Who waits for one region stands behind those before him who take any."""
    await ids_in_line(house, None, None)
    (third,) = await ids_in_line(house, "eu")
    assert await place(house, third) == 3


async def test_position_at_one_host(house: House) -> None:
    """Who waits for one host is counted among those who wait for the same host."""
    await house.queue(wish())
    await house.queue(wish(host="h1"))
    found = await house.queue(wish(host="h1"))
    assert found.line is not None
    assert found.line.position == 2


async def test_eta_from_the_pace(house: House) -> None:
    """The ETA is unknown until two were served, then position times the interval."""
    await house.beaten("h1", BUSY, slots=0)
    waiting = await ids_in_line(house, *[None] * 5)
    etas = []
    for booking in waiting[:2]:
        await house.beaten("h1", capacity=5, slots=1)
        house.now += 12
        await house.say(BUSY, booking)
        etas.append([await eta(house, waiting[3]), await eta(house, waiting[4])])
    assert etas == [[None, None], [24, 36]]


async def eta(house: House, booking: str) -> int | None:
    """The ETA of a booking that waits."""
    found = await house.poll(booking)
    assert found is not None
    assert found.line is not None
    return found.line.eta


async def test_eta_is_forgotten(house: House) -> None:
    """A pace older than ten minutes promises nothing, and does not spoil a new one."""
    await test_eta_from_the_pace(house)
    await house.after(700)
    await house.goodbye()
    (waiting,) = await ids_in_line(house, None)
    assert await eta(house, waiting) is None
    await house.beaten("h2")
    (waiting,) = await ids_in_line(house, None)
    assert await eta(house, waiting) is None


async def test_unpolled_is_dropped_at_15_s(house: House) -> None:
    """A waiter not polled for 15 s is out of the line; each poll gives him 15 s more."""
    (waiting,) = await ids_in_line(house, None)
    for _ in range(4):
        assert over(await house.after(14.9)) == []
        await house.poll(waiting)
    assert over(await house.after(15)) == [(waiting, State.LAPSED, Cause.NOT_POLLED)]
    assert (await house.store.hosts.counts()).waiting == 0


async def test_look_does_not_renew(house: House) -> None:
    """Looking at a place in the line, as an administrator does, does not renew it."""
    (waiting,) = await ids_in_line(house, None)
    await house.after(10)
    await house.look(waiting)
    await house.after(5)
    assert await house.state(waiting) == (State.LAPSED, Cause.NOT_POLLED)


async def test_poll_names_whom_to_tell(house: House) -> None:
    """The newest poll's mailbox is told of the slot."""
    (waiting,) = await ids_in_line(house, None)
    await house.poll(waiting, 5)
    await house.poll(waiting, 6)
    happenings = (await house.beaten()).happenings
    assert [getattr(item, "waiter", None) for item in happenings] == [None, socket(6)]


async def test_poll_of_what_does_not_wait(house: House) -> None:
    """Polling a booking that is held, over or unknown changes nothing."""
    await house.beaten()
    booking = await house.book()
    polled = await house.poll(booking.id, 5)
    assert polled is not None
    assert (polled.booking.state, polled.booking.waiter) == (State.HELD, None)
    assert await house.poll("nobody") is None


async def test_leaving_the_line(house: House) -> None:
    """Who gives up is out at once, with the reason, and gets no slot later."""
    (waiting,) = await ids_in_line(house, None)
    left = await house.leave_line(waiting)
    assert left is not None
    assert over(left[1]) == [(waiting, State.LAPSED, Cause.WAIT_OVER)]
    assert booked((await house.beaten()).happenings) == []


async def test_leaving_races_with_a_grant(house: House) -> None:
    """Who gives up after the slot was granted is told so and keeps it."""
    (waiting,) = await ids_in_line(house, None)
    await house.beaten()
    left = await house.leave_line(waiting)
    assert left is not None
    assert (left[0].booking.state, left[0].booking.host_id, left[1]) == (State.HELD, "h1", ())
    assert await house.leave_line("nobody") is None


async def test_hold_counts_from_the_grant(house: House) -> None:
    """A waiter's hold begins when he is given the slot."""
    (waiting,) = await ids_in_line(house, None)
    await house.after(14)
    await house.beaten()
    granted = house.now
    found = await house.look(waiting)
    assert found is not None
    assert found.expires_at == granted + 20


async def test_release_of_a_place(house: House) -> None:
    """A release takes a waiter out of the line."""
    (waiting,) = await ids_in_line(house, None)
    assert over(await house.release(waiting) or ()) == [(waiting, State.RELEASED, Cause.RELEASED)]
    assert (await house.store.hosts.counts()).waiting == 0
