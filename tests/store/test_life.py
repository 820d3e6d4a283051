"""The life of a booking (wire.md 2.3): hold, meeting, graces, ends, and being forgotten."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import Over
from matchd.store.ports import BookingClosed
from tests.store.house import BUSY, IDLE, House, booked, grant_of, over, socket


async def test_hold_lapses_at_20_s(house: House) -> None:
    """A held booking stands for 20 s to the moment, then lapses and its slot is free."""
    await house.beaten()
    booking = await house.book()
    assert over(await house.after(19.999)) == []
    assert over(await house.after(0.001)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]
    assert await house.free() == 1


async def test_expiry_is_told(house: House) -> None:
    """A held booking says when it lapses; a connected one that is kept says never."""
    await house.beaten()
    booking = await house.book()
    held = await house.look(booking.id)
    await house.meet(booking.id)
    met = await house.look(booking.id)
    assert held is not None
    assert met is not None
    assert (held.expires_at, met.expires_at) == (house.now + 20, None)


async def test_player_in_the_room_prolongs(house: House) -> None:
    """A player who waits in the room keeps the hold for 60 s from the claim, not longer."""
    await house.beaten()
    booking = await house.book()
    await house.after(19)
    await house.player_enters(booking.id)
    assert over(await house.alive(40, "h1")) == []
    assert over(await house.after(0.9)) == []
    assert over(await house.after(0.1)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]


async def test_player_who_leaves_the_room_prolongs_no_more(house: House) -> None:
    """Once his socket has left, the hold is the 20 s from the claim again."""
    await house.beaten()
    booking = await house.book()
    await house.player_enters(booking.id)
    await house.after(10)
    await house.leaves(200)
    assert over(await house.after(9.9)) == []
    assert over(await house.after(0.1)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]


@pytest.mark.parametrize("host_first", [True, False])
async def test_meeting_connects(house: House, *, host_first: bool) -> None:
    """Host and player both in the room connect the booking, whoever comes first."""
    await house.beaten()
    booking = await house.book()
    if host_first:
        await house.host_enters()
    await house.player_enters(booking.id)
    if not host_first:
        assert await house.state(booking.id) == (State.HELD, None)
        await house.host_enters()
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_player_alone_connects_nothing(house: House) -> None:
    """A player's presence does not connect the booking of another player."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    await house.meet(first.id)
    assert await house.state(second.id) == (State.HELD, None)


async def test_connected_stays_while_the_player_is_there(house: House) -> None:
    """A connected booking has no end while the player's socket is in the room."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.alive(3600, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_grace_after_the_players_socket(house: House) -> None:
    """A connected booking nobody vouches for ends 30 s after the player's socket left."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.alive(100, "h1")
    await house.leaves(200)
    await house.alive(25, "h1")
    assert over(await house.after(4.9)) == []
    assert over(await house.after(0.1)) == [(booking.id, State.ENDED, Cause.PLAYER_LEFT)]


async def test_player_back_within_the_grace(house: House) -> None:
    """A player who is back within the grace keeps his booking, with the same grant."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.leaves(200)
    await house.alive(25, "h1")
    await house.player_enters(booking.id, 201)
    await house.alive(100, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_confirmed_before_the_player_came(house: House) -> None:
    """`busy` before the player is there connects, and the host keeps it for as long as it likes."""
    await house.beaten()
    booking = await house.book()
    await house.say(BUSY)
    await house.alive(300, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_idle_beat_withdraws_the_vouch(house: House) -> None:
    """An idle beat ends nothing, but 30 s later a booking without its player is over."""
    await house.beaten()
    booking = await house.book()
    await house.beaten("h1", BUSY, slots=0)
    await house.alive(60, "h1")
    assert over((await house.beaten("h1", IDLE)).happenings) == []
    await house.alive(25, "h1")
    assert over(await house.after(4.9)) == []
    assert over(await house.after(0.1)) == [(booking.id, State.ENDED, Cause.PLAYER_LEFT)]


async def test_idle_beat_with_the_player_there(house: House) -> None:
    """An idle beat does not end the booking of a player who is in the room."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.say(BUSY)
    await house.beaten("h1", IDLE)
    await house.alive(120, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_repeated_idle_beats_do_not_prolong(house: House) -> None:
    """The grace counts from the first idle beat, however many follow."""
    await house.beaten()
    booking = await house.book()
    await house.beaten("h1", BUSY, slots=0)
    for _ in range(6):
        await house.beaten("h1", IDLE)
        await house.after(5)
    assert await house.state(booking.id) == (State.ENDED, Cause.PLAYER_LEFT)


async def test_busy_again_vouches_again(house: House) -> None:
    """A busy beat after an idle one keeps the booking once more."""
    await house.beaten()
    booking = await house.book()
    await house.beaten("h1", BUSY, slots=0)
    await house.beaten("h1", IDLE)
    await house.after(20)
    await house.beaten("h1", BUSY, slots=0)
    await house.alive(100, "h1")
    assert await house.state(booking.id) == (State.CONNECTED, None)


async def test_release_held_and_connected(house: House) -> None:
    """A release frees the slot of a held and of a connected booking at once."""
    await house.beaten()
    for confirm in (False, True):
        booking = await house.book()
        if confirm:
            await house.say(BUSY)
            await house.beaten("h1", IDLE)
        freed = await house.release(booking.id)
        assert over(freed or ()) == [(booking.id, State.RELEASED, Cause.RELEASED)]
        assert await house.free() == 1


async def test_release_twice(house: House) -> None:
    """Releasing what is over changes and tells nothing; what is unknown is None."""
    await house.beaten()
    booking = await house.book()
    await house.release(booking.id)
    assert await house.release(booking.id) == ()
    assert await house.state(booking.id) == (State.RELEASED, Cause.RELEASED)
    assert await house.release("nobody") is None


async def test_release_serves_the_line(house: House) -> None:
    """A released slot goes to the oldest waiter in the same step, and he is named to be told."""
    await house.beaten()
    booking = await house.book()
    waiting = (await house.queue(waiter=7)).booking.id
    freed = await house.release(booking.id)
    assert freed is not None
    assert booked(freed) == [waiting]
    assert getattr(freed[-1], "waiter", None) == socket(7)


async def test_release_empties_the_place(house: House) -> None:
    """A release tells which sockets to tell, and the player's place is gone."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    freed = await house.release(booking.id)
    assert freed is not None
    (ended,) = freed
    assert isinstance(ended, Over)
    assert (ended.player, ended.host, ended.peer) == (socket(200), socket(100), "peer200")
    assert await house.leaves(200) is None


async def test_over_is_remembered_then_forgotten(house: House) -> None:
    """What is over is remembered with its cause for 300 s, then unknown."""
    await house.beaten()
    booking = await house.book()
    await house.release(booking.id)
    await house.after(299.9)
    assert await house.state(booking.id) == (State.RELEASED, Cause.RELEASED)
    await house.after(0.1)
    assert await house.look(booking.id) is None
    assert await house.store.bookings.by_grant(grant_of(booking.id), house.now) is None


async def test_grant_of_what_is_over_opens_nothing(house: House) -> None:
    """The grant of a booking that is over is known and refused; an unknown one is None."""
    await house.beaten()
    booking = await house.book()
    await house.release(booking.id)
    found = await house.store.bookings.by_grant(grant_of(booking.id), house.now)
    assert found is not None
    assert isinstance(await house.try_to_enter(booking.id), BookingClosed)
    assert await house.try_to_enter("nobody") is None


async def test_pages(house: House) -> None:
    """Bookings come in pages in order of their ids, with their place while they wait."""
    await house.beaten(capacity=2)
    made = [(await house.book()).id, (await house.book()).id, (await house.queue()).booking.id]
    first = await house.store.bookings.page(None, 2, house.now)
    rest = await house.store.bookings.page(first[-1].booking.id, 9, house.now)
    assert [found.booking.id for found in (*first, *rest)] == made
    assert [found.line is not None for found in (*first, *rest)] == [False, False, True]
