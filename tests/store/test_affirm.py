"""Sockets that say again where they are, to a store that may know better (wire.md 2.5)."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import Booking, Cause, State
from matchd.domain.happenings import Connected, HostEntered
from matchd.domain.ids import HostId, RoomId
from matchd.domain.rooms import Room
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Taken,
    Waiting,
    WrongHost,
)
from tests.store.house import socket
from tests.store.nodes import NodesHouse, forgotten

R1 = RoomId("r1")


async def room(nodes: NodesHouse) -> Room | None:
    """Who is in room r1."""
    return await nodes.store.rooms.get(R1)


@pytest.fixture
async def met(nodes: NodesHouse) -> Booking:
    """Host and player in room r1 on n1, with a candidate; the booking as the player's node knows it."""
    await nodes.joins("n1", "n2")
    await nodes.beaten()
    booking = await nodes.book()
    await nodes.host_at("n1")
    entered = await nodes.player_at("n1", booking.id)
    await nodes.candidate_at("n1")
    assert isinstance(entered, EnteredPlayer)
    assert entered.booking is not None
    return entered.booking


async def test_saying_it_again_changes_nothing(nodes: NodesHouse, met: Booking) -> None:
    """Each learns who is across, any number of times, and nothing happens."""
    before = await room(nodes)
    nodes.now += 1
    for _ in range(2):
        host = await nodes.affirm_host(host="h1")
        player = await nodes.affirm_player(met)
        assert isinstance(host, EnteredHost)
        assert isinstance(player, EnteredPlayer)
        assert (host.players, host.replaced, host.happenings) == ((player.place,), None, ())
        assert (player.host, player.turn, player.happenings) == (socket(100), host.turn, ())
        assert host.host is not None
        assert host.host.bookings == [met.id]
        assert await nodes.affirm_candidate() == Waiting(None)
    assert await room(nodes) == before


async def test_what_was_lost_is_put_back(nodes: NodesHouse, met: Booking) -> None:
    """Seat, place and candidate, where a sweep or an old replica has taken them out."""
    for number in (100, 200, 300):
        await nodes.leaves_from("n1", number)
    nodes.now += 1
    player = await nodes.affirm_player(met)
    host = await nodes.affirm_host()
    assert isinstance(player, EnteredPlayer)
    assert isinstance(host, EnteredHost)
    assert (player.host, host.players) == (None, (player.place,))
    assert await nodes.affirm_candidate() == Waiting(None)
    found = await nodes.look(met.id)
    assert found is not None
    assert (found.booking.state, found.booking.player_here) == (State.CONNECTED, True)


async def test_the_dead_that_come_back_connect(nodes: NodesHouse) -> None:
    """A held booking connects when both have said that they are there."""
    await nodes.joins("n1")
    await nodes.beaten()
    booking = await nodes.book()
    await nodes.affirm_player(booking)
    host = await nodes.affirm_host()
    assert isinstance(host, EnteredHost)
    assert host.happenings == (Connected(booking.id, HostId("h1")),)


async def test_the_newer_socket_keeps_the_place(nodes: NodesHouse, met: Booking) -> None:
    """A host, a player or a candidate that was replaced meanwhile is told so; nothing changes."""
    await nodes.host_at("n2", 101)
    await nodes.player_at("n2", met.id, 201)
    await nodes.candidate_at("n2", 301)
    before = await room(nodes)
    assert await nodes.affirm_host() == Taken()
    assert await nodes.affirm_player(met) == Taken()
    assert await nodes.affirm_candidate() == Taken()
    assert await room(nodes) == before


async def test_the_same_number_on_another_node_is_another_socket(
    nodes: NodesHouse, met: Booking
) -> None:
    """Addresses are compared whole."""
    assert await nodes.affirm_host("n2") == Taken()
    assert await nodes.affirm_player(met, 200, "n2") == Taken()
    assert await nodes.affirm_candidate(300, "n2") == Taken()


async def test_a_room_of_another_host(nodes: NodesHouse) -> None:
    """A socket whose host moved away, or was followed by another, has no seat here."""
    await nodes.joins("n1")
    await nodes.beaten("h2", room="r1")
    assert await nodes.affirm_host(host="h1") == WrongHost()
    assert isinstance(await nodes.affirm_host(host=None), EnteredHost)


async def test_a_closed_booking_stays_closed(nodes: NodesHouse, met: Booking) -> None:
    """Whatever the node remembers, a booking that is over is not taken back while it is known."""
    await nodes.release(met.id)
    assert await nodes.affirm_player(met) == BookingClosed()
    assert await nodes.state(met.id) == (State.RELEASED, Cause.RELEASED)


async def test_a_booking_of_another_room(nodes: NodesHouse, met: Booking) -> None:
    """It opens that room only, known to the store or not."""
    assert await nodes.affirm_player(met, room="r2") == BookingClosed()
    assert await nodes.affirm_player(forgotten("b9"), room="r2") == BookingClosed()
    assert await nodes.look("b9") is None


async def test_a_player_without_booking(nodes: NodesHouse) -> None:
    """In mode open a place needs no booking, and comes back like any other."""
    await nodes.joins("n1")
    affirmed = await nodes.affirm_player(None)
    assert isinstance(affirmed, EnteredPlayer)
    assert (affirmed.booking, affirmed.host, affirmed.turn) == (None, None, 0)
    assert await nodes.affirm_player(None) == affirmed


async def test_a_candidate_that_was_recognised_is_told(nodes: NodesHouse) -> None:
    """It is the host, whose players and record it learns, as often as it asks."""
    await nodes.joins("n1")
    await nodes.candidate_at("n1")
    (entered,) = [
        item
        for item in (await nodes.beaten(network="net")).happenings
        if isinstance(item, HostEntered)
    ]
    told = await nodes.affirm_candidate()
    assert isinstance(told, EnteredHost)
    assert told.host is not None
    assert (told.turn, told.host.id, told.happenings) == (entered.turn, "h1", ())


async def test_a_lost_candidate_waits_anew(nodes: NodesHouse) -> None:
    """It is recognised by a beat within another 60 s and turned away after them."""
    await nodes.joins("n1")
    assert await nodes.affirm_candidate() == Waiting(None)
    assert len(await nodes.goes_on(59.5, "n1")) == 0
    assert len(await nodes.goes_on(0.5, "n1")) == 1
