"""Signaling rooms (wire.md 2.5): seats, places, candidates, and what leaves no trace."""

from __future__ import annotations

import pytest

from matchd.domain.happenings import CandidateExpired, Connected, HostEntered
from matchd.domain.ids import HostId, PeerId, RoomId
from matchd.domain.rooms import Side
from matchd.store.ports import EnteredHost, EnteredPlayer, Nobody, NotYours, Waiting, WrongHost
from tests.store.house import House, booked, socket

R1 = RoomId("r1")


async def outside(house: House, number: int, network: str = "10.0.0.7") -> int | None:
    """A socket without credentials waits outside room r1; the number of the one it replaces."""
    waiting = await house.store.rooms.wait_outside(R1, network, socket(number), house.now)
    assert isinstance(waiting, Waiting)
    await house.sound(None)
    return None if waiting.replaced is None else waiting.replaced.connection


async def test_host_before_its_first_beat(house: House) -> None:
    """A host's socket may come first; the beat that follows finds it in its room."""
    entered = await house.host_enters()
    assert (entered.host, entered.players, entered.replaced) == (None, (), None)
    assert (await house.beaten()).view.host.in_room


async def test_host_learns_who_is_here(house: House) -> None:
    """A host that enters learns its record and the players who wait for it."""
    await house.beaten(capacity=2)
    booking = await house.book()
    place = (await house.player_enters(booking.id)).place
    entered = await house.host_enters()
    assert entered.host is not None
    assert (entered.host.id, entered.players) == ("h1", (place,))
    assert entered.happenings == (Connected(booking.id, HostId("h1")),)


async def test_player_learns_the_host(house: House) -> None:
    """A player who enters learns the host's socket, or that it is not here."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    assert (await house.player_enters(first.id, 200)).host is None
    await house.host_enters()
    assert (await house.player_enters(second.id, 201)).host == socket(100)


async def test_token_of_another_host(house: House) -> None:
    """A host token opens only the room of its own host, or one nobody has registered."""
    await house.beaten()
    enter = house.store.rooms.enter_host
    assert isinstance(await enter(R1, HostId("h2"), socket(9), house.now), WrongHost)
    assert isinstance(await enter(R1, HostId("h1"), socket(9), house.now), EnteredHost)
    free = await enter(RoomId("r5"), HostId("h2"), socket(8), house.now)
    assert isinstance(free, EnteredHost)
    await house.sound(free)


async def test_grant_of_another_room(house: House) -> None:
    """A grant opens its own room only."""
    await house.beaten()
    booking = await house.book()
    assert isinstance(await house.try_to_enter(booking.id, room="r2"), NotYours)
    assert await house.store.rooms.get(RoomId("r2")) is None


async def test_newest_host_socket_wins(house: House) -> None:
    """A second socket of the host replaces the first, whose leaving then changes nothing."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id, host=100)
    again = await house.host_enters(101)
    assert (again.replaced, again.happenings) == (socket(100), ())
    assert await house.leaves(100) is None
    assert (await house.host()).host.in_room


async def test_newest_player_socket_wins(house: House) -> None:
    """A second socket of a booking replaces the first under a new name of the place."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id, player=200)
    again = await house.player_enters(booking.id, 201)
    assert again.replaced is not None
    assert (again.replaced.address, again.place.peer) == (socket(200), "peer201")
    assert await house.leaves(200) is None
    await house.alive(120, "h1")
    assert (await house.host()).bookings[0].player_here


async def test_leaving_tells_the_other_side(house: House) -> None:
    """Who leaves learns whom to tell: a player the host, a host all players."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    await house.meet(first.id, player=200)
    await house.player_enters(second.id, 201)
    left = await house.leaves(200)
    assert left is not None
    assert (left.side, left.peer, left.host) == (Side.PLAYER, "peer200", socket(100))
    left = await house.leaves(100)
    assert left is not None
    assert (left.side, [place.address for place in left.players]) == (Side.HOST, [socket(201)])


async def test_players_come_and_go_with_one_place_each(house: House) -> None:
    """A room holds one place per booking."""
    await house.beaten(capacity=3)
    for number in range(3):
        await house.player_enters((await house.book()).id, 200 + number)
    room = await house.store.rooms.get(R1)
    assert room is not None
    assert (len(room.places), room.host_id) == (3, "h1")


async def test_host_out_of_its_room_is_not_offered(house: House) -> None:
    """A host that was in its room and has been out of it for 30 s is not offered until back."""
    await house.beaten()
    await house.host_enters()
    await house.leaves(100)
    await house.alive(25, "h1")
    await house.release((await house.book()).id)
    await house.after(5)
    assert isinstance(await house.find(), Nobody)
    assert not (await house.beaten()).view.offered
    await house.host_enters()
    assert (await house.book()).host_id == "h1"


async def test_host_never_in_its_room_is_offered(house: House) -> None:
    """A host that has not opened its socket yet is offered all the same."""
    await house.beaten()
    await house.alive(300, "h1")
    await house.book()


async def test_candidate_is_recognised(house: House) -> None:
    """A beat that names the room from a candidate's network makes it the host."""
    assert await outside(house, 100) is None
    await house.after(59.9)
    beaten = await house.beaten(network="10.0.0.7")
    assert beaten.view.host.in_room
    (entered,) = [item for item in beaten.happenings if isinstance(item, HostEntered)]
    assert (entered.host, entered.room_id, entered.players) == (socket(100), "r1", ())


async def test_recognised_candidate_meets_its_player(house: House) -> None:
    """A candidate that becomes the host connects the players who wait in the room."""
    await house.beaten(network="10.0.0.7")
    booking = await house.book()
    await house.player_enters(booking.id)
    await outside(house, 100)
    entered, met = (await house.beaten(network="10.0.0.7")).happenings
    assert isinstance(entered, HostEntered)
    assert entered.players == ((PeerId("peer200"), socket(200), booking.id),)
    assert met == Connected(booking.id, HostId("h1"))


@pytest.mark.parametrize("network", ["10.0.0.8", ""])
async def test_candidate_of_another_network(house: House, network: str) -> None:
    """A beat from elsewhere, or one that recognises nobody, vouches for no candidate."""
    await outside(house, 100)
    assert not (await house.beaten(network=network)).view.host.in_room


async def test_candidate_expires(house: House) -> None:
    """A candidate nobody vouches for within 60 s is turned away, once, and leaves no trace."""
    await outside(house, 100)
    assert await house.after(59.9) == ()
    assert await house.after(0.1) == (CandidateExpired(socket(100)),)
    assert await house.after(60) == ()
    assert await house.store.rooms.get(R1) is None
    assert not (await house.beaten(network="10.0.0.7")).view.host.in_room


async def test_late_beat_vouches_for_nobody(house: House) -> None:
    """A beat after 60 s does not recognise the candidate, swept or not."""
    await outside(house, 100)
    house.now += 60
    assert not (await house.beaten(network="10.0.0.7")).view.host.in_room


async def test_one_candidate_per_room_and_network(house: House) -> None:
    """A newer candidate of the same network replaces the older; another network's stays."""
    assert await outside(house, 100) is None
    await house.after(30)
    assert await outside(house, 101) == 100
    assert await outside(house, 102, "10.0.0.8") is None
    assert await house.after(30) == ()
    assert len(await house.after(30)) == 2


async def test_candidate_beside_a_host(house: House) -> None:
    """While the seat is taken a candidate stays outside; once it is free the next beat decides."""
    await house.beaten(network="10.0.0.7")
    await house.host_enters(100)
    await outside(house, 101)
    assert (await house.beaten(network="10.0.0.7")).happenings == ()
    await house.leaves(100)
    (entered,) = (await house.beaten(network="10.0.0.7")).happenings
    assert isinstance(entered, HostEntered)
    assert entered.host == socket(101)


async def test_candidate_leaves(house: House) -> None:
    """A candidate that goes away is no news for anyone."""
    await outside(house, 100)
    left = await house.leaves(100)
    assert left is not None
    assert (left.side, left.host, left.players) == (Side.CANDIDATE, None, ())
    assert await house.after(60) == ()


async def test_open_mode(house: House) -> None:
    """In mode open the first socket is the host, the next takes the oldest booking's place."""
    await house.beaten(capacity=2)
    first, second = await house.book(), await house.book()
    enter = house.store.rooms.enter_anyone
    host = await enter(R1, PeerId("a"), socket(1), house.now)
    players = [await enter(R1, PeerId(f"p{n}"), socket(n), house.now) for n in (2, 3, 4)]
    await house.sound(None)
    assert isinstance(host, EnteredHost)
    bookings = [p.booking.id for p in players if isinstance(p, EnteredPlayer) and p.booking]
    assert bookings == [first.id, second.id]
    assert (await house.store.hosts.counts()).connected == 2


async def test_open_mode_without_registration(house: House) -> None:
    """In mode open two sockets meet in a room nobody has registered."""
    enter = house.store.rooms.enter_anyone
    assert isinstance(await enter(R1, PeerId("a"), socket(1), house.now), EnteredHost)
    player = await house.sound(await enter(R1, PeerId("b"), socket(2), house.now))
    assert isinstance(player, EnteredPlayer)
    assert (player.host, player.booking) == (socket(1), None)


async def test_rooms_leave_no_trace(house: House) -> None:
    """A room that everybody has left is gone; a registered one reads as empty."""
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.leaves(100)
    await house.leaves(200)
    await house.leaves(200, "r7")
    assert await house.store.rooms.page(None, 9) == ()
    room = await house.store.rooms.get(R1)
    assert room is not None
    assert (room.empty, room.host_id) == (True, "h1")
    await house.goodbye()
    assert await house.store.rooms.get(R1) is None


async def test_pages(house: House) -> None:
    """Rooms come in pages in order of their ids."""
    for number in (2, 1, 3):
        await house.host_enters(100 + number, f"r{number}")
    first = await house.store.rooms.page(None, 2)
    rest = await house.store.rooms.page(first[-1].id, 2)
    assert [room.id for room in (*first, *rest)] == ["r1", "r2", "r3"]


async def test_socket_outlives_the_registration(house: House) -> None:
    """A host's socket stays through a goodbye and serves the host again when it beats again."""
    await house.beaten()
    await house.host_enters()
    await house.goodbye()
    waiting = (await house.queue()).booking.id
    beaten = await house.beaten()
    assert (booked(beaten.happenings), beaten.view.host.in_room) == ([waiting], True)
