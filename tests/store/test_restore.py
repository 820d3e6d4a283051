"""Bookings that the store has forgotten and a player's node remembers (lua/affirm_player.lua)."""

from __future__ import annotations

import pytest

from matchd.domain.bookings import State
from matchd.domain.happenings import HostGone
from matchd.domain.hosts import Status
from matchd.domain.ids import HostId
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Nobody,
    RoomConflict,
    WrongHost,
)
from tests.store.house import BUSY, IDLE, over, socket
from tests.store.nodes import NodesHouse, forgotten, peer


async def test_a_forgotten_booking_gets_its_slot(nodes: NodesHouse) -> None:
    """It is held from now, keeps its grant and owner, and connects when the host is there."""
    await nodes.joins("n1")
    await nodes.beaten(capacity=2)
    mine = await nodes.restored(forgotten())
    assert (mine.state, mine.claimed_at, mine.connected_at) == (State.HELD, nodes.now, 0.0)
    assert (mine.host_id, mine.principal, mine.vouched) == ("h1", "ann", False)
    assert await nodes.free() == 1
    assert isinstance(await nodes.host_at("n1"), EnteredHost)
    assert await nodes.state("b1") == (State.CONNECTED, None)
    assert isinstance(await nodes.player_at("n1", "b1", 201), EnteredPlayer)


async def test_no_slot_is_promised_twice(nodes: NodesHouse) -> None:
    """A host that is full by now has no room for a forgotten booking."""
    await nodes.joins("n1")
    await nodes.beaten()
    taken = await nodes.book()
    assert await nodes.affirm_player(forgotten("b9")) == BookingClosed()
    assert await nodes.look("b9") is None
    await nodes.release(taken.id)
    await nodes.restored(forgotten("b9"))


async def test_a_host_that_moved_has_no_room_for_it(nodes: NodesHouse) -> None:
    """Neither does a room that another host registered meanwhile."""
    await nodes.joins("n1")
    await nodes.beaten("h1", room="r5")
    assert await nodes.affirm_player(forgotten()) == BookingClosed()
    await nodes.beaten("h2", room="r1")
    assert await nodes.affirm_player(forgotten(host_id=HostId("h3"))) == BookingClosed()


@pytest.mark.parametrize("waits", [False, True])
async def test_a_player_with_another_match_has_no_claim(nodes: NodesHouse, waits: bool) -> None:
    """One who found or waits for another match meanwhile; his old one leaves no trace."""
    await nodes.joins("n1")
    if waits:
        await nodes.queue(who="ann")
    else:
        await nodes.beaten("h2")
        await nodes.book(who="ann")
    assert await nodes.affirm_player(forgotten("b9")) == BookingClosed()
    assert await nodes.look("b9") is None
    assert await nodes.store.rooms.page(None, 9) == ()


async def test_a_key_is_not_used_twice(nodes: NodesHouse) -> None:
    """A guest who has asked again under his key has that match; one who has not gets his key back."""
    await nodes.joins("n1")
    await nodes.beaten(capacity=3)
    lost = forgotten("b9", who="key:k", guest=True, key_hash=b"k")
    taken = await nodes.book(who="key:k", guest="10.0.0.1", key="k")
    assert await nodes.affirm_player(lost) == BookingClosed()
    await nodes.release(taken.id)
    await nodes.restored(lost)
    assert (await nodes.book(who="key:k", guest="10.0.0.1", key="k")).id == "b9"


async def test_a_place_is_kept_for_a_host_that_has_not_beaten(nodes: NodesHouse) -> None:
    """It is not offered, not counted alive, and the room is nobody else's."""
    await nodes.joins("n1")
    await nodes.restored(forgotten())
    counts = await nodes.store.hosts.counts()
    assert (counts.alive, counts.free, counts.held) == (0, 0, 1)
    assert isinstance(await nodes.find(), Nobody)
    assert isinstance(await nodes.beat("h2", room="r1"), RoomConflict)
    assert await nodes.affirm_host(host="h2") == WrongHost()


@pytest.mark.parametrize(
    ("capacity", "said", "slots", "free"),
    [
        (1, None, None, 0),
        (1, IDLE, None, 0),
        (1, BUSY, None, 0),
        (3, None, None, 2),
        (3, IDLE, None, 2),
        (3, BUSY, None, 0),
        (3, None, 3, 2),
        (3, BUSY, 2, 2),
        (3, None, 0, 0),
    ],
)
async def test_the_first_beat_fills_the_kept_place(
    nodes: NodesHouse, capacity: int, said: Status | None, slots: int | None, free: int
) -> None:
    """From then on the host is what it says, with the forgotten booking as one of its own."""
    await nodes.joins("n1")
    await nodes.restored(forgotten())
    beaten = await nodes.beaten(status=said, capacity=capacity, slots=slots)
    assert [item.id for item in beaten.view.bookings] == ["b1"]
    assert (beaten.view.offered, beaten.view.free) == (True, free)
    assert (await nodes.store.hosts.counts()).alive == 1
    again = await nodes.beaten(capacity=capacity, slots=slots)
    assert again.view.free == free


async def test_several_share_a_kept_place(nodes: NodesHouse) -> None:
    """All players of one host come back before it does; its capacity counts from its beat on."""
    await nodes.joins("n1")
    for number, name in enumerate(("b7", "b8", "b9")):
        await nodes.restored(forgotten(name, who=f"p{name}"), 200 + number)
    host = await nodes.affirm_host()
    assert isinstance(host, EnteredHost)
    assert len(host.happenings) == len(host.players) == 3
    view = (await nodes.beaten(capacity=2)).view
    assert (len(view.bookings), view.free) == (3, 0)
    await nodes.leaves_from("n1", 200)
    await nodes.release("b7")
    assert await nodes.affirm_player(forgotten("b6", who="dan"), 203) == BookingClosed()


async def test_a_kept_place_that_nobody_fills_is_lost(nodes: NodesHouse) -> None:
    """With the player's hold, or 60 s after the host's place was kept while he waits; nothing stays."""
    await nodes.joins("n1")
    await nodes.restored(forgotten())
    assert await nodes.goes_on(59.5, "n1") == []
    seen = await nodes.goes_on(1, "n1")
    assert [name for name, _, _ in over(seen)] == ["b1"]
    assert [item.host_id for item in seen if isinstance(item, HostGone)] == ["h1"]
    assert await nodes.store.rooms.page(None, 9) == ()
    assert not isinstance(await nodes.beat("h2", room="r1"), RoomConflict)


async def test_a_kept_place_is_let_go_with_its_player(nodes: NodesHouse) -> None:
    """A player who leaves or releases frees what was kept for his host."""
    await nodes.joins("n1")
    await nodes.restored(forgotten())
    await nodes.leaves_from("n1", 200)
    await nodes.release("b1")
    seen = await nodes.goes_on(0.5, "n1")
    assert [item.host_id for item in seen if isinstance(item, HostGone)] == ["h1"]


async def test_a_kept_place_with_its_host_in_the_room(nodes: NodesHouse) -> None:
    """The host's socket, back before its player and its beat, keeps the session for good."""
    await nodes.joins("n1")
    assert isinstance(await nodes.affirm_host(host="h1"), EnteredHost)
    mine = await nodes.restored(forgotten())
    assert mine.state is State.CONNECTED
    assert (await nodes.host()).host.in_room
    assert over(await nodes.goes_on(120, "n1")) == []
    assert (await nodes.beaten("h1", BUSY)).view.free == 0


async def test_a_restored_place_is_the_old_one(nodes: NodesHouse) -> None:
    """Host and peers know the player by the peer and address that he had."""
    await nodes.joins("n1")
    await nodes.restored(forgotten(), 207)
    host = await nodes.host_at("n1")
    assert isinstance(host, EnteredHost)
    assert [(place.peer, place.address) for place in host.players] == [(peer(207), socket(207))]
