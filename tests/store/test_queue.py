"""The queue as it is kept (wire.md 6), on every backend; who fits whom is in tests/domain."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from matchd.domain.friends import Verb
from matchd.domain.games import State, create
from matchd.domain.ids import GameId, TicketId
from matchd.domain.queue import LEASE, Mode, Ticket
from matchd.store.ports import (
    Apart,
    Paired,
    PlayCounts,
    Queued,
    Seated,
    Stale,
    Stand,
)
from tests.play import DUEL, TEAMS, socket, ticket, who
from tests.store.house import House
from tests.store.people import account


async def enter(house: House, *names: str, mode: Mode = DUEL, **more: Any) -> Queued:
    """Some players come as one ticket."""
    made = ticket(*names, mode=mode, at=0.0, **more)
    entered = await house.store.queue.enter(made, house.now, look=64, rated=mode.rating)
    assert isinstance(entered, Queued), entered
    return await house.sound(entered)


async def pair(
    house: House, *tickets: Ticket, mode: Mode = DUEL, name: str = "g1"
) -> Paired | Stale | Apart:
    """Make a game of tickets."""
    made = create(GameId(name), mode, tickets, house.now)
    return await house.sound(await house.store.queue.pair(made, house.now))


async def stand(house: House, name: str) -> Stand:
    """Where somebody is."""
    return await house.store.queue.stand(who(name), house.now)


async def test_a_ticket_stands_behind_those_that_came_before(house: House) -> None:
    """Its seniority is when it came; it is shown the line, itself included, the oldest first."""
    await enter(house, "ann")
    house.now += 5
    bob = await enter(house, "bob")
    assert bob.ticket.joined_at == pytest.approx(house.now, abs=1e-6)
    assert [one.id for one in bob.line.tickets] == ["ann", "bob"]
    place = (await stand(house, "bob")).place
    assert place is not None
    assert (place.position, place.size, place.eta, place.ticket) == (2, 2, None, bob.ticket)


async def test_nobody_stands_in_two_places(house: House) -> None:
    """A second ticket is refused and the first one named, also when it comes as one of a party."""
    await enter(house, "ann")
    again = replace(ticket("ann"), id=TicketId("other"))
    entered = await house.store.queue.enter(again, house.now, look=1, rated=False)
    assert entered == Seated(who("ann"), TicketId("ann"), None)
    party = await house.store.queue.enter(ticket("bob", "ann"), house.now, look=1, rated=False)
    assert party == Seated(who("ann"), TicketId("ann"), None)
    assert await stand(house, "bob") == Stand()
    assert await house.store.games.play_counts() == PlayCounts(1, 0)


async def test_lines_of_other_modes_and_properties_are_apart(house: House) -> None:
    """Only tickets of one mode with the same properties see each other."""
    await enter(house, "ann")
    await enter(house, "bob", mode=TEAMS)
    cid = await enter(house, "cid", properties='{"map":"ice"}')
    assert [one.id for one in cid.line.tickets] == ["cid"]
    assert len(await house.store.queue.turn(1.0, house.now) or ()) == 3


async def test_pairing_seats_everybody_in_one_game(house: House) -> None:
    """The tickets are gone, the game is there, and each player finds it."""
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    paired = await pair(house, ann.ticket, bob.ticket)
    assert isinstance(paired, Paired)
    stands = [await stand(house, name) for name in ("ann", "bob")]
    assert stands == [Stand(game=paired.game)] * 2
    assert paired.game.state is State.JOINING
    assert await house.store.games.get(GameId("g1")) == paired.game
    assert await house.store.games.play_counts() == PlayCounts(0, 1)


async def test_a_ticket_that_is_gone_makes_no_game(house: House) -> None:
    """Whoever left, or was paired already, is in no game by this; the others keep their places."""
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    assert await house.store.queue.withdraw(who("ann"), house.now) == ann.ticket
    assert await pair(house, ann.ticket, bob.ticket) == Stale()
    assert (await stand(house, "bob")).place is not None
    assert await house.store.queue.withdraw(who("ann"), house.now) is None


async def test_a_party_is_one_ticket(house: House) -> None:
    """It is one place, and leaves as one, whoever of it leaves."""
    party = await enter(house, "ann", "bob", mode=TEAMS)
    place = (await stand(house, "bob")).place
    assert place is not None
    assert (place.position, place.size) == (1, 1)
    assert await house.store.queue.withdraw(who("bob"), house.now) == party.ticket
    assert await stand(house, "ann") == Stand()
    assert await house.store.violations() == ()


async def test_a_place_is_a_lease(house: House) -> None:
    """It lapses unless it is renewed, by a look or with others, and a lapsed one makes no game."""
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    cid = await enter(house, "cid")
    house.now += LEASE - 1
    await house.store.queue.stand(who("ann"), house.now, renew=True)
    await house.store.queue.renew([who("bob"), who("eve")], house.now)
    house.now += 2
    assert await pair(house, ann.ticket, cid.ticket) == Stale()
    assert await house.store.queue.lapse(10, house.now) == (cid.ticket,)
    assert await house.store.queue.lapse(10, house.now) == ()
    assert isinstance(await pair(house, ann.ticket, bob.ticket), Paired)


async def test_calls_that_wait_are_named_when_the_game_comes(house: House) -> None:
    """The last one of each player, once."""
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    for number in (1, 2):
        await house.store.queue.stand(who("ann"), house.now, waiter=socket(number))
    paired = await pair(house, ann.ticket, bob.ticket)
    assert isinstance(paired, Paired)
    assert paired.waiters == (socket(2),)


async def test_a_line_says_how_fast_it_moves(house: House) -> None:
    """Once tickets have left it, in the time since the first of them."""
    for number in range(2):
        ann, bob = await enter(house, f"a{number}"), await enter(house, f"b{number}")
        await pair(house, ann.ticket, bob.ticket, name=f"g{number}")
        house.now += 10
    await enter(house, "cid")
    place = (await stand(house, "cid")).place
    assert place is not None
    assert place.eta == 5


async def test_lines_have_a_length(house: House) -> None:
    """As many tickets as stand there, parties as one; a line that is empty is none."""
    ann, party = await enter(house, "ann"), await enter(house, "bob", "cid", mode=TEAMS)
    await enter(house, "dan", mode=TEAMS)
    assert await house.store.queue.lines() == {ann.ticket.line: 1, party.ticket.line: 2}
    await house.store.queue.withdraw(who("ann"), house.now)
    assert await house.store.queue.lines() == {party.ticket.line: 2}


async def test_a_renewal_names_who_plays(house: House) -> None:
    """Each with his game; those who wait, or are nowhere, are not named."""
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    await enter(house, "cid")
    await pair(house, ann.ticket, bob.ticket)
    everybody = [who(name) for name in ("ann", "bob", "cid", "dan")]
    renewed = await house.store.queue.renew(everybody, house.now)
    assert renewed == {who("ann"): GameId("g1"), who("bob"): GameId("g1")}


async def test_one_caller_at_a_time_looks_after_the_lines(house: House) -> None:
    """Another one within the time has nothing to do."""
    await enter(house, "ann")
    assert await house.store.queue.turn(1.0, house.now) is not None
    assert await house.store.queue.turn(1.0, house.now + 0.5) is None
    assert await house.store.queue.turn(1.0, house.now + 1.0) is not None


async def test_who_blocks_whom_makes_no_game(house: House) -> None:
    """Whoever of two blocks: they are named, and both keep their places."""
    for name in ("ann", "bob"):
        await house.store.accounts.create(account(name))
    await house.store.friends.change(who("ann"), who("bob"), Verb.BLOCK, house.now)
    ann, bob = await enter(house, "ann"), await enter(house, "bob")
    for tickets in ((ann.ticket, bob.ticket), (bob.ticket, ann.ticket)):
        assert await pair(house, *tickets) == Apart(frozenset((who("ann"), who("bob"))))
    assert (await stand(house, "bob")).place is not None
