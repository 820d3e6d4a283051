"""Who may have how much (wire.md 1.4, 2.3): idempotency keys, one find per player, guests."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Cause, State
from matchd.store.ports import Claimed, KeyTaken, Nobody, TooMany
from tests.store.house import BUSY, House, over, socket, wish


async def again(house: House, key: str = "k", body: str = "") -> Claimed:
    """Player p asks with a key; the answer is a booking."""
    answer = await house.find(who="p", key=key, body=body, waits=True, waiter=9)
    assert isinstance(answer, Claimed)
    return answer


async def test_same_key_same_booking(house: House) -> None:
    """The same key returns the same booking, tells nothing, and takes no second slot."""
    await house.beaten(capacity=2)
    first, second = await again(house), await again(house)
    assert (first.replayed, second.replayed, second.happenings) == (False, True, ())
    assert first.found == second.found
    assert await house.free() == 1


async def test_key_of_a_connected_booking(house: House) -> None:
    """A key is remembered while its booking is connected."""
    await house.beaten(capacity=2)
    first = (await again(house)).found.booking.id
    await house.say(BUSY, first)
    await house.alive(100, "h1")
    assert (await again(house)).found.booking.id == first


async def test_key_in_line(house: House) -> None:
    """Asking again from the line keeps the place, renews it, and names the new mailbox."""
    first = (await house.find(who="p", key="k", waits=True),)[0]
    assert isinstance(first, Claimed)
    await house.queue()
    await house.after(14)
    replay = await again(house)
    assert replay.found.line is not None
    assert (replay.found.line.position, replay.found.booking.waiter) == (1, socket(9))
    await house.after(14)
    assert await house.state(replay.found.booking.id) == (State.WAITING, None)


async def test_key_with_another_body(house: House) -> None:
    """The same key with another body is refused, and the booking stays as it is."""
    await house.beaten(capacity=2)
    first = (await again(house)).found.booking.id
    assert isinstance(await house.find(who="p", key="k", body="other"), KeyTaken)
    assert await house.state(first) == (State.HELD, None)


async def test_keys_are_per_principal(house: House) -> None:
    """Another player's same key is another key."""
    await house.beaten(capacity=2)
    first = (await again(house)).found.booking.id
    assert (await house.book(who="q", key="k", body="other")).id != first


@pytest.mark.parametrize("way", ["lapse", "release", "host"])
async def test_key_is_forgotten_when_over(house: House, way: str) -> None:
    """Once its booking is over a key makes a new booking, with any body."""
    await house.beaten()
    first = (await again(house)).found.booking.id
    if way == "lapse":
        await house.after(20)
    elif way == "release":
        await house.release(first)
    else:
        await house.goodbye()
        await house.beaten()
    second = await again(house, body="other")
    assert (second.replayed, second.found.booking.id != first) == (False, True)


async def test_key_without_a_slot_is_not_kept(house: House) -> None:
    """A find that got nobody leaves no key behind."""
    assert isinstance(await house.find(who="p", key="k", body="a"), Nobody)
    await house.beaten()
    assert not (await again(house, body="b")).replayed


@pytest.mark.parametrize("key", ["k2", None])
async def test_new_find_releases_the_former(house: House, key: str | None) -> None:
    """A player's find with another key or none releases what he holds, and tells of it."""
    await house.beaten(capacity=2)
    first = (await again(house)).found.booking.id
    answer = await house.find(who="p", key=key)
    assert isinstance(answer, Claimed)
    assert over(answer.happenings) == [(first, State.RELEASED, Cause.REPLACED)]
    assert await house.free() == 1


async def test_new_find_may_take_the_former_slot(house: House) -> None:
    """With one slot in the world a player's new find gets the slot he gives up."""
    await house.beaten()
    first = await house.book(who="p")
    assert (await house.book(who="p")).id != first.id


async def test_former_slot_goes_to_the_line_first(house: House) -> None:
    """A waiter who fits comes before the player who gave his slot up."""
    await house.beaten()
    await house.book(who="p")
    waiting = await house.queue(who="q")
    assert isinstance(await house.find(who="p"), Nobody)
    assert await house.state(waiting.booking.id) == (State.HELD, None)


async def test_new_find_leaves_the_line(house: House) -> None:
    """A player stands in line once: his new find gives his old place up."""
    first = (await house.queue(who="p")).booking.id
    await house.queue(wish("eu"), who="p")
    assert await house.state(first) == (State.RELEASED, Cause.REPLACED)
    assert (await house.store.hosts.counts()).waiting == 1


async def test_connected_is_not_released(house: House) -> None:
    """A player's connected session survives his next find."""
    await house.beaten(capacity=2)
    first = await house.book(who="p")
    await house.meet(first.id)
    await house.book(who="p")
    assert await house.state(first.id) == (State.CONNECTED, None)


async def test_guests_per_address(house: House) -> None:
    """Guests of one address hold or await at most 4; other addresses are not concerned."""
    await house.beaten(capacity=5)
    for _ in range(3):
        await house.book(guest="10.0.0.1")
    await house.queue(wish("nowhere"), guest="10.0.0.1")
    before = await house.store.hosts.counts()
    assert isinstance(await house.find(guest="10.0.0.1"), TooMany)
    assert await house.store.hosts.counts() == before
    await house.book(guest="10.0.0.2")


@pytest.mark.parametrize("way", ["lapse", "release", "connect"])
async def test_guest_may_again(house: House, way: str) -> None:
    """What lapsed, was released or is connected no longer counts against the address."""
    await house.beaten(capacity=9)
    first = (await house.book(guest="a")).id
    await house.after(1)
    for _ in range(3):
        await house.book(guest="a")
    if way == "lapse":
        await house.after(19)
    elif way == "release":
        await house.release(first)
    else:
        await house.say(BUSY, first)
    await house.book(guest="a")
    assert isinstance(await house.find(guest="a"), TooMany)


async def test_guests_key_is_answered_over_the_limit(house: House) -> None:
    """A guest who asks again with his key gets his booking even when his address is full."""
    await house.beaten(capacity=9)
    first = (await house.book(who="key:1", key="1", guest="a")).id
    for _ in range(3):
        await house.book(guest="a")
    answer = await house.find(who="key:1", key="1", guest="a")
    assert isinstance(answer, Claimed)
    assert (answer.replayed, answer.found.booking.id) == (True, first)


async def test_guest_without_key_keeps_what_he_has(house: House) -> None:
    """Guests of one address do not release each other's bookings."""
    await house.beaten(capacity=2)
    first = await house.book(who="guest:a", guest="a")
    await house.book(who="guest:a", guest="a")
    assert await house.state(first.id) == (State.HELD, None)


async def test_exempt_guests(house: House) -> None:
    """Exempt addresses are not limited, and do not use up what others may."""
    await house.beaten(capacity=20)
    for _ in range(6):
        await house.book(guest="a", exempt=True)
    for _ in range(4):
        await house.book(guest="a")
    assert isinstance(await house.find(guest="a"), TooMany)


async def test_exempt_players(house: House) -> None:
    """A player at an exempt address keeps what he has when he finds again (wire.md 1.4)."""
    await house.beaten(capacity=2)
    first = await house.book(who="u_1", exempt=True)
    await house.book(who="u_1", exempt=True)
    assert await house.state(first.id) == (State.HELD, None)


async def test_players_are_not_counted_as_guests(house: House) -> None:
    """Players of one address are limited each by himself, not by the address."""
    await house.beaten(capacity=9)
    for _ in range(6):
        await house.book()
    await house.book(guest="10.0.0.1")
