"""Nodes and their leases: who is alive, who cleans up after the dead, and what an outage excuses."""

from __future__ import annotations

from itertools import pairwise

import pytest

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import HostEntered, HostGone
from matchd.domain.ids import BookingId, NodeId, PeerId, RoomId
from matchd.store.ports import EnteredHost, EnteredPlayer, Nobody, UnknownNode
from tests.store.house import BUSY, booked, over, socket
from tests.store.nodes import NodesHouse, dead, forgotten

R1 = RoomId("r1")


async def three_sides(nodes: NodesHouse) -> BookingId:
    """On n1: the host, a player of his and a candidate of another room; n2 lives too."""
    await nodes.joins("n1", "n2")
    await nodes.beaten()
    booking = await nodes.book()
    await nodes.host_at("n1")
    await nodes.player_at("n1", booking.id)
    await nodes.candidate_at("n1", room="r7")
    return booking.id


async def test_a_silent_node_is_dead_after_its_lease(nodes: NodesHouse) -> None:
    """Just before 10 s everything stands; then seat, place and candidate are gone, told once."""
    await three_sides(nodes)
    assert dead(await nodes.goes_on(9.5, "n2")) == []
    assert len(await nodes.store.rooms.page(None, 9)) == 2
    assert dead(await nodes.goes_on(0.5, "n2")) == ["n1"]
    assert await nodes.store.rooms.page(None, 9) == ()
    assert dead(await nodes.goes_on(20, "n2")) == []


async def test_the_usual_graces_begin(nodes: NodesHouse) -> None:
    """A connected booking whose player's node died ends 30 s later, and not before."""
    booking = await three_sides(nodes)
    await nodes.goes_on(10, "n2")
    assert (await nodes.host()).host.left_room_at == nodes.now
    seen = []
    for _ in range(6):
        await nodes.beaten()
        assert await nodes.state(booking) == (State.CONNECTED, None)
        seen += await nodes.goes_on(5, "n2")
    assert over(seen) == [(booking, State.ENDED, Cause.PLAYER_LEFT)]


async def test_the_room_grace_of_a_dead_nodes_host_begins(nodes: NodesHouse) -> None:
    """A host that beats on is offered for 30 s after its socket's node died, then no more."""
    await nodes.joins("n1", "n2")
    await nodes.beaten(capacity=9)
    await nodes.host_at("n1")
    await nodes.goes_on(10, "n2")
    await nodes.goes_on(15, "n2")
    await nodes.beaten(capacity=9)
    await nodes.goes_on(14.5, "n2")
    await nodes.book()
    await nodes.goes_on(0.5, "n2")
    assert isinstance(await nodes.find(), Nobody)


async def test_a_held_booking_lapses_as_its_lease_says(nodes: NodesHouse) -> None:
    """A held one falls back from 60 s to 20 s; one the host vouches for stays."""
    await nodes.joins("n1", "n2")
    await nodes.beaten(capacity=2)
    held, kept = await nodes.book(), await nodes.book()
    await nodes.player_at("n1", held.id, 200)
    await nodes.player_at("n1", kept.id, 201)
    await nodes.say(BUSY, kept.id)
    seen = await nodes.goes_on(20.5, "n2")
    assert over(seen) == [(held.id, State.LAPSED, Cause.HOLD_EXPIRED)]
    await nodes.beaten(capacity=2)
    assert over(await nodes.goes_on(25, "n2")) == []
    assert await nodes.state(kept.id) == (State.CONNECTED, None)


async def test_only_the_sockets_of_the_dead_go(nodes: NodesHouse) -> None:
    """n1 and n11 are different nodes, and so are their sockets of the same number."""
    await nodes.joins("n1", "n11", "n2")
    await nodes.beaten(capacity=2)
    booking = await nodes.book()
    await nodes.host_at("n11", 5)
    await nodes.player_at("n1", booking.id, 5)
    await nodes.goes_on(10, "n11", "n2")
    room = await nodes.store.rooms.get(R1)
    assert room is not None
    assert (room.host, room.places) == (socket(5, "n11"), {})


async def test_a_lapsed_lease_that_no_sweep_ended_is_renewed(nodes: NodesHouse) -> None:
    """A node alone that was paused for long goes on, and its sockets are where they were."""
    await three_sides(nodes)
    nodes.now += 60
    assert (await nodes.renew()).known
    assert dead(await nodes.goes_on(9, "n1")) == []
    assert len(await nodes.store.rooms.page(None, 9)) == 2


async def test_an_ended_lease_is_never_renewed(nodes: NodesHouse) -> None:
    """Neither by renewing nor by joining again while its end is still about, nor later."""
    await three_sides(nodes)
    await nodes.goes_on(10, "n2")
    leased = await nodes.renew()
    assert (leased.known, leased.nodes) == (False, (NodeId("n2"),))
    assert isinstance(await nodes.host_at("n1", 101), UnknownNode)


async def test_an_id_that_has_parted_takes_no_lease(nodes: NodesHouse) -> None:
    """Joining again before the sweep is refused, and the sockets it left are cleaned up."""
    await three_sides(nodes)
    await nodes.parts("n1")
    joined = await nodes.store.nodes.join(NodeId("n1"), "family", nodes.now)
    assert not getattr(joined, "known", True)
    assert dead(await nodes.goes_on(0.5, "n2")) == []
    assert await nodes.store.rooms.page(None, 9) == ()


async def test_joining_twice_is_joining_once(nodes: NodesHouse) -> None:
    """An answer that was lost costs nothing: the sockets in between stay noted."""
    await three_sides(nodes)
    assert not await nodes.stranger("n1", "family")
    assert dead(await nodes.goes_on(10, "n2")) == ["n1"]
    assert await nodes.store.rooms.page(None, 9) == ()


async def test_the_living_are_named(nodes: NodesHouse) -> None:
    """Each renewal names who is alive; the dead until the last of their sockets is out."""
    await nodes.joins("n2", "n1", "n3")
    assert (await nodes.renew()).nodes == ("n1", "n2", "n3")
    await nodes.parts("n2")
    await nodes.after(0.1)
    assert (await nodes.renew()).nodes == ("n1", "n3")
    memory = (await nodes.renew()).memory
    assert ((await nodes.renew("n3")).memory, bool(memory)) == (memory, True)


async def test_a_node_of_another_family_is_a_stranger(nodes: NodesHouse) -> None:
    """It gets no lease and changes nothing; when the others are gone it may come."""
    await nodes.joins("n1")
    assert await nodes.stranger("n9", "other")
    assert (await nodes.renew()).nodes == ("n1",)
    assert isinstance(await nodes.host_at("n9"), UnknownNode)
    nodes.now += 10
    assert not await nodes.stranger("n9", "other")


@pytest.mark.parametrize("node", ["never", "ended"])
async def test_sockets_of_unknown_nodes_change_nothing(nodes: NodesHouse, node: str) -> None:
    """Every way in is refused and leaves no room, no seat and no booking behind."""
    await nodes.joins("n1", "n2", "ended")
    await nodes.beaten(capacity=2)
    booking = await nodes.book()
    await nodes.parts("ended")
    rooms, where = nodes.store.rooms, socket(7, node)
    answers = [
        await nodes.host_at(node),
        await nodes.player_at(node, booking.id),
        await nodes.candidate_at(node),
        await rooms.enter_anyone(R1, PeerId("p"), where, nodes.now),
        await nodes.affirm_host(node),
        await nodes.affirm_player(booking, node=node),
        await nodes.affirm_player(forgotten("b9", who="bob", room_id=R1), node=node),
        await nodes.affirm_candidate(node=node),
    ]
    assert answers == [UnknownNode()] * 8
    assert await nodes.store.rooms.page(None, 9) == ()
    assert await nodes.look("b9") is None


async def test_a_thousand_sockets_are_cleaned_up(nodes: NodesHouse) -> None:
    """One sweep takes all of them out, whatever else is due, and tells of the node once."""
    await nodes.joins("n1", "n2")
    nodes.every = 10**9
    for number in range(500):
        await nodes.host_at("n1", number, f"r{number}")
        await nodes.candidate_at("n1", 1000 + number, room=f"r{number}")
    await nodes.goes_on(9.5, "n2")
    assert len(await nodes.store.rooms.page(None, 999)) == 500
    assert dead(await nodes.goes_on(0.5, "n2")) == ["n1"]
    assert await nodes.store.rooms.page(None, 9) == ()
    assert await nodes.store.violations() == ()


async def test_nothing_expires_after_an_outage(nodes: NodesHouse) -> None:
    """After 200 s without any node, nodes, hosts, bookings and candidates get one more lease."""
    booking = await three_sides(nodes)
    await nodes.beaten("h2")
    nodes.now += 200
    assert await nodes.store.sweep(nodes.now) == ()
    assert await nodes.goes_on(9.5, "n2") == []
    assert await nodes.state(booking) == (State.CONNECTED, None)
    seen = await nodes.goes_on(1, "n2")
    assert [type(item) for item in seen if isinstance(item, HostGone)] == [HostGone, HostGone]
    assert dead(seen) == ["n1"]


async def test_beats_after_an_outage_end_nothing(nodes: NodesHouse) -> None:
    """A host whose beats could not come keeps bookings and room, also before any node renewed."""
    await nodes.joins("n1")
    await nodes.beaten()
    booking = await nodes.book()
    await nodes.say(BUSY, booking.id)
    nodes.now += 200
    assert not over((await nodes.beaten("h1", BUSY)).happenings)
    assert await nodes.state(booking.id) == (State.CONNECTED, None)


async def test_rooms_are_not_taken_after_an_outage(nodes: NodesHouse) -> None:
    """Another host can't have the room of one that could not beat; nor is its word refused."""
    await nodes.joins("n1")
    await nodes.beaten()
    nodes.now += 200
    await nodes.renew()
    assert type(await nodes.beat("h2", room="r1")).__name__ == "RoomConflict"
    assert await nodes.say(BUSY) is not None


async def test_a_candidate_is_recognised_after_an_outage(nodes: NodesHouse) -> None:
    """The beat that could not come in time still vouches for it."""
    await nodes.joins("n1")
    await nodes.candidate_at("n1")
    nodes.now += 200
    await nodes.renew()
    beaten = await nodes.beaten(network="net")
    assert [type(item) for item in beaten.happenings][-1] is HostEntered


async def test_repeated_outages_do_not_stop_expiry(nodes: NodesHouse) -> None:
    """With 4 s of outage in every 5 s a dead host still goes, within two leases."""
    await nodes.joins("n1")
    await nodes.beaten()
    gone: list[float] = []
    start = nodes.now
    for _ in range(20):
        nodes.now += 4
        await nodes.renew()
        seen = await nodes.goes_on(1, "n1")
        gone += [nodes.now - start for item in seen if isinstance(item, HostGone)]
    assert len(gone) == 1
    assert gone[0] <= 30 + 20 + 5


async def test_a_short_silence_is_no_outage(nodes: NodesHouse) -> None:
    """Three seconds without a renewal excuse nobody."""
    await nodes.joins("n1", "n2")
    await nodes.goes_on(7, "n2")
    nodes.now += 3
    await nodes.renew("n2")
    assert dead(await nodes.store.sweep(nodes.now)) == ["n1"]


async def test_turns_rise(nodes: NodesHouse) -> None:
    """Each new socket of a host has a greater turn, though the store's clock stands or goes back."""
    await nodes.joins("n1")
    await nodes.beaten(capacity=2)
    await nodes.player_at("n1", (await nodes.book()).id)
    turns = []
    for number, seconds in enumerate((1.0, 0.0, -5.0, 0.0)):
        nodes.now += seconds
        entered = await nodes.host_at("n1", number)
        assert isinstance(entered, EnteredHost)
        turns.append(entered.turn)
        await nodes.leaves_from("n1", number)
    await nodes.candidate_at("n1")
    (happening,) = (await nodes.beaten(capacity=2, network="net")).happenings
    assert isinstance(happening, HostEntered)
    turns.append(happening.turn)
    player = await nodes.player_at("n1", (await nodes.book()).id, 201)
    assert isinstance(player, EnteredPlayer)
    assert all(former < later for former, later in pairwise(turns))
    assert player.turn == turns[-1]


async def test_a_pool_that_comes_back_gives_nothing_away(nodes: NodesHouse) -> None:
    """Once a node was known before, hosts that register are offered after 3 s, the line first."""
    await nodes.store.nodes.join(NodeId("n1"), "family", nodes.now, again=True)
    await nodes.goes_on(1, "n1")
    await nodes.beaten()
    assert isinstance(await nodes.find(), Nobody)
    waiting = await nodes.queue()
    await nodes.goes_on(1.5, "n1")
    assert await nodes.state(waiting.booking.id) == (State.WAITING, None)
    await nodes.beaten("h2")
    assert booked(await nodes.goes_on(0.5, "n1")) == [waiting.booking.id]
    await nodes.book()
    await nodes.beaten("h3")
    await nodes.book()


async def test_a_store_that_is_new_waits_for_nobody(nodes: NodesHouse) -> None:
    """Where no node was known before, a host is offered with its first beat."""
    await nodes.joins("n1")
    await nodes.beaten()
    await nodes.book()


async def test_a_recovery_is_not_begun_twice(nodes: NodesHouse) -> None:
    """Nodes that come back later than the first make nobody wait longer."""
    await nodes.store.nodes.join(NodeId("n1"), "family", nodes.now, again=True)
    await nodes.goes_on(2.5, "n1")
    await nodes.store.nodes.join(NodeId("n2"), "family", nodes.now, again=True)
    await nodes.goes_on(0.5, "n1", "n2")
    await nodes.beaten()
    await nodes.book()
