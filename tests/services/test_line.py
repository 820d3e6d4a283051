"""Standing in line: who waits, who is woken, who leaves, what a drain does (wire.md 2.3)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.bookings import State
from matchd.domain.ids import BookingId
from matchd.errors import Draining, NoHost
from matchd.protocol.bookings import MatchFound
from tests.house import House

Clock = trio.testing.MockClock


async def in_line(house: House) -> int:
    """How many wait."""
    return (await house.store.hosts.counts()).waiting


async def test_a_waiting_find_is_woken_by_the_first_slot(
    house: House, autojump_clock: Clock
) -> None:
    """The call returns the moment a host appears, not at its next look."""
    found = []

    async def wait_for_one() -> None:
        found.append((await house.find(wait=60), trio.current_time() - start))

    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_one)
        await trio.sleep(12)
        await house.beat()
    match, waited = found[0]
    assert (match.host_id, waited) == ("h1", 12)


async def test_the_first_come_are_the_first_served(house: House, autojump_clock: Clock) -> None:
    """Slots that come one by one go to the waiters in the order of their calls."""
    order = []

    async def wait_for_one(name: str) -> None:
        await house.find(house.player(name), wait=60)
        order.append(name)

    names = ["u_1", "u_2", "u_3"]
    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(wait_for_one, name)
            await trio.sleep(1)
        for capacity in (1, 2, 3):
            await house.beat(capacity=capacity)
            await trio.sleep(1)
    assert names == order


async def test_a_wait_that_is_over_is_refused(house: House, autojump_clock: Clock) -> None:
    """After its seconds the call is told why there is none, and nobody stands in line for it."""
    start = trio.current_time()
    with pytest.raises(NoHost):
        await house.find(wait=17)
    assert trio.current_time() - start == 17
    assert await in_line(house) == 0


async def test_the_configured_wait_is_the_longest(house: House, autojump_clock: Clock) -> None:
    """A server that waits at most 3 s answers then, whatever was asked."""
    house.change(max_wait=3)
    start = trio.current_time()
    with pytest.raises(NoHost):
        await house.find(wait=60)
    assert trio.current_time() - start == 3


async def test_a_waiting_call_outlives_the_lines_lease(house: House, autojump_clock: Clock) -> None:
    """The call renews its place, so a sweeper does not drop it after 15 s."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_find_quietly, house)
        for _ in range(50):
            await trio.sleep(1)
            await house.sweep()
        assert await in_line(house) == 1
        nursery.cancel_scope.cancel()


async def _find_quietly(house: House) -> None:
    await house.find(wait=60)


async def test_a_caller_that_hangs_up_leaves_at_once(house: House, autojump_clock: Clock) -> None:
    """Cancelling the call empties its place; the next in line gets the slot."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_find_quietly, house)
        await trio.sleep(1)
        assert await in_line(house) == 1
        nursery.cancel_scope.cancel()
    assert await in_line(house) == 0
    await house.beat()
    assert (await house.find(house.player("u_bob"))).host_id == "h1"


async def test_a_repeated_call_keeps_its_place_when_the_first_hangs_up(
    house: House, autojump_clock: Clock
) -> None:
    """A client that retries before its old connection is known to be dead stays in line."""
    found: list[MatchFound] = []

    async def retry() -> None:
        found.append(await house.find(key="once", wait=60))

    async def give_up_after_3() -> None:
        with trio.move_on_after(3):
            await house.find(key="once", wait=60)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(give_up_after_3)
        await trio.sleep(2)
        nursery.start_soon(retry)
        await trio.sleep(10)
        assert await in_line(house) == 1
        await house.beat()
    assert found[0].host_id == "h1"
    assert await in_line(house) == 0


async def test_async_is_answered_at_once(house: House, autojump_clock: Clock) -> None:
    """The answer names place and grant; following it yields the same grant's match."""
    line = await house.get_in_line()
    assert (line.waiting, line.position, line.eta_seconds) == (True, 1, None)
    await house.beat()
    name = BookingId(line.booking_id)
    view = await house.bookings.follow(house.player(), line.grant, name, 0)
    assert (view.state, view.host_id, view.position) == (State.HELD, "h1", None)
    assert view.signaling_url == f"wss://play.example.net/signal/{line.grant}"


async def test_following_waits_for_the_slot(house: House, autojump_clock: Clock) -> None:
    """`wait` returns when the booking moves, or after its seconds with the place."""
    line = await house.get_in_line()
    name, start = BookingId(line.booking_id), trio.current_time()
    view = await house.bookings.follow(house.player(), None, name, 10)
    assert (view.state, view.position) == (State.WAITING, 1)
    assert trio.current_time() - start == 10
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_beat_after, house, 4)
        view = await house.bookings.follow(house.player(), None, name, 60)
    assert (view.state, trio.current_time() - start) == (State.HELD, 14)


async def _beat_after(house: House, seconds: float) -> None:
    await trio.sleep(seconds)
    await house.beat()


async def test_an_entry_that_is_not_polled_is_dropped(house: House, autojump_clock: Clock) -> None:
    """Fifteen seconds after the last poll the place is gone; a poll before that renews it."""
    line = await house.get_in_line()
    name = BookingId(line.booking_id)
    for _ in range(2):
        await trio.sleep(14)
        await house.sweep()
        view = await house.bookings.follow(house.player(), None, name, 0)
        assert view.state is State.WAITING
    await trio.sleep(15)
    await house.sweep()
    view = await house.bookings.follow(house.player(), None, name, 0)
    assert (view.state, view.cause) == (State.LAPSED, "not_polled")


async def test_a_drain_answers_those_who_wait_and_keeps_their_places(
    house: House, autojump_clock: Clock
) -> None:
    """Every waiting call is told to come back; with its key it finds its booking again."""
    refusals: list[int | None] = []

    async def wait_for_one() -> None:
        with pytest.raises(Draining) as refusal:
            await house.find(key="once", wait=60)
        refusals.append(refusal.value.retry_after)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_one)
        await trio.sleep(1)
        house.current.draining = True
        house.bookings.drain()
    assert (refusals, await in_line(house)) == ([1], 1)
    house.current.draining = False  # the next daemon, from the snapshot
    await house.beat()
    assert (await house.find(key="once", wait=60)).host_id == "h1"
    assert await in_line(house) == 0


async def test_a_drain_answers_those_who_follow(house: House, autojump_clock: Clock) -> None:
    """A long poll ends with a 503; the entry stays in line."""
    line = await house.get_in_line()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_drain_after, house, 3)
        with pytest.raises(Draining):
            await house.bookings.follow(house.player(), None, BookingId(line.booking_id), 60)
    assert (trio.current_time(), await in_line(house)) == (3, 1)


async def _drain_after(house: House, seconds: float) -> None:
    await trio.sleep(seconds)
    house.current.draining = True
    house.bookings.drain()


async def test_no_bell_stays_behind(house: House, autojump_clock: Clock) -> None:
    """However a call ends, its mailbox is gone."""
    with pytest.raises(NoHost):
        await house.find()
    with trio.move_on_after(1):
        await house.find(wait=60)
    await house.beat()
    await house.find()
    assert (house.hub._mailboxes, house.bookings._line._bells) == ({}, {})
    assert not house.bookings._line._standing
