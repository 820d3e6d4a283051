"""Several nodes as players and hosts see them: relay, death, pause, drain."""

from __future__ import annotations

import json

import trio
import trio.testing

from matchd.domain.bookings import State
from matchd.domain.ids import Address, BookingId, NodeId, PeerId
from matchd.domain.rooms import Side
from matchd.protocol.bookings import MatchFound
from matchd.protocol.news import Close, Frame, HostAway, HostHere, PlayerAway, PlayerHere, Seat
from tests.services.several import Node, Wire, World, quietly
from tests.services.several import session_of as session
from tests.services.test_session import control, heard

Clock = trio.testing.MockClock


async def across(world: World) -> tuple[Node, Node, Wire, Wire, MatchFound]:
    """A host on n1 and its player on n2, who have met."""
    one, two, _ = await world.start("n1", "n2", "n3")
    await two.house.beat()
    found = await two.house.find()
    host = await world.host(one)
    player = await world.player(two, found)
    await trio.sleep(0.1)
    return one, two, host, player, found


def words(wire: Wire) -> list[str]:
    """What a socket was told of comings and goings."""
    return [word for word in wire.said if word in ("peer-joined", "peer-disconnected")]


async def test_messages_cross_nodes_in_order(world: World, autojump_clock: Clock) -> None:
    """A thousand each way, each of them once and in its turn, though the way's length varies."""
    _, _, host, player, _ = await across(world)
    world.slow = 0.05
    session(host)._rate = session(player)._rate = None
    for number in range(1000):
        session(player).receive(control(f"p{number}"))
        session(host).receive(control(f"h{number}"))
    await trio.sleep(5)
    assert heard(host) == [f"p{number}" for number in range(1000)]
    assert heard(player) == [f"h{number}" for number in range(1000)]


async def test_a_player_whose_node_dies(world: World, autojump_clock: Clock) -> None:
    """His host hears it once, within 15 s, and nothing of him afterwards."""
    _, two, host, player, _ = await across(world)
    world.kill(two)
    await trio.sleep(15)
    assert words(host) == ["peer-joined", "peer-disconnected"]
    peer = session(player).peer
    host.node.house.nodes.hear(NodeId("n2"), session(host).address, Frame(b'{"type":"offer"}'))
    await trio.sleep(15)
    assert host.frames[-1] == {"type": "peer-disconnected", "peer": peer}
    assert await world.ghosts() == set()


async def test_a_host_whose_node_dies(world: World, autojump_clock: Clock) -> None:
    """Its player hears it once and stays; the host that comes back by another node meets him."""
    one, _, _, player, _ = await across(world)
    world.kill(one)
    await trio.sleep(15)
    assert words(player) == ["peer-joined", "peer-disconnected"]
    session(player).receive(control("late"))
    host = await world.host(world.nodes[2])
    await trio.sleep(0.1)
    assert (words(player)[-1], heard(host)) == ("peer-joined", ["late"])


async def test_a_node_that_was_paused(world: World, autojump_clock: Clock) -> None:
    """Dead for the others, it goes on under a new id; its sockets are closed 1012 and may return."""
    _, two, host, player, found = await across(world)
    two.pause()
    await trio.sleep(20)
    assert words(host) == ["peer-joined", "peer-disconnected"]
    two.resume()
    await trio.sleep(2)
    assert (player.code, two.house.hub.node == "n2") == (Close.RESTART, False)
    await world.player(two, found)
    await trio.sleep(0.1)
    assert words(host)[2:] == ["peer-joined"]
    assert await two.house.nodes.ready() is None
    assert await world.ghosts() == set()


async def test_a_short_pause_is_not_noticed(world: World, autojump_clock: Clock) -> None:
    """A node that is back within its lease has lost nobody."""
    _, two, host, player, _ = await across(world)
    two.pause()
    await trio.sleep(8)
    two.resume()
    await trio.sleep(20)
    assert (words(host), words(player), player.code) == (["peer-joined"], ["peer-joined"], None)


async def test_waiting_finds_outlive_their_nodes_id(world: World, autojump_clock: Clock) -> None:
    """A call that stands in line at a node that gets a new id is still told of its slot at once."""
    one, two = await world.start("n1", "n2")
    found: list[tuple[MatchFound, float]] = []

    async def find() -> None:
        found.append((await one.house.find(wait=60), trio.current_time()))

    world.nursery.start_soon(find)
    await trio.sleep(1)
    one.pause()
    await trio.sleep(12)
    one.resume()
    await trio.sleep(1.7)
    await two.house.beat()
    before = trio.current_time()
    await trio.sleep(1)
    assert [when - before < 0.5 for _, when in found] == [True]


async def drained(world: World) -> tuple[Wire, Wire, MatchFound]:
    """As `across`, and n2 has stopped in good order."""
    _, two, host, player, found = await across(world)
    two.house.current.draining = True
    await two.house.rooms.drain(1)
    await trio.sleep(1)
    await two.house.nodes.part()
    world.kill(two)
    return host, player, found


async def test_a_player_whose_node_drains_comes_back(world: World, autojump_clock: Clock) -> None:
    """Under a new peer id; the host, which took `peer-disconnected` for the end, hears none."""
    host, player, found = await drained(world)
    assert player.code is Close.RESTART
    session(host).receive(control("are you there"))
    assert host.said[-1] == "not-delivered"
    again = await world.player(world.nodes[2], found)
    await trio.sleep(15)
    assert words(host) == ["peer-joined", "peer-joined"]
    session(host).receive(control("welcome"))
    await trio.sleep(0.1)
    assert (heard(again), session(again).peer != session(player).peer) == (["welcome"], True)


async def test_a_player_who_stays_away_after_a_drain(world: World, autojump_clock: Clock) -> None:
    """The host hears that he is gone once his booking is over, once."""
    host, _, found = await drained(world)
    for _ in range(8):
        await host.node.house.beat()
        await trio.sleep(5)
    assert words(host) == ["peer-joined", "peer-disconnected"]
    view = await host.node.house.bookings.follow(
        host.node.house.player(), None, BookingId(found.booking_id), 0
    )
    assert view.state is State.ENDED


async def test_a_candidate_recognised_at_another_node(world: World, autojump_clock: Clock) -> None:
    """What its player said before reaches it, in order, however long each way takes."""
    nodes = await world.start("n1", "n2", "n3")
    await trio.sleep(1)
    world.slow = 0.5
    for seed in range(20):
        world.rng.seed(seed)
        name = f"h{seed}"
        candidate = await world.enter(nodes[0], f"r-{name}")
        await nodes[2].house.beat(name, address="192.0.2.99")
        player = await world.player(nodes[1], await nodes[1].house.find(hostId=name))
        session(player).receive(control("offer-1"))
        await nodes[2].house.beat(name)
        session(player).receive(control("offer-2"))
        await trio.sleep(15)  # four ways of 0.5 s on the average take 6 s once in a thousand times
        assert (session(candidate).side, heard(candidate)) == (Side.HOST, ["offer-1", "offer-2"])


async def test_the_later_of_two_hosts_is_met(world: World, autojump_clock: Clock) -> None:
    """News of an older socket of the host that comes last changes nothing, nor does its end."""
    _, _, _, player, _ = await across(world)
    known = session(player)
    newer, older = Address(NodeId("n3"), 7), Address(NodeId("n1"), 99)
    turn = known._turn
    known.deliver(HostHere(newer, turn + 2))
    known.deliver(HostHere(older, turn + 1))
    known.deliver(HostAway(older))
    assert (known._host, words(player)) == (newer, ["peer-joined", "peer-joined"])


async def test_who_has_left_is_not_greeted(world: World, autojump_clock: Clock) -> None:
    """The end of a booking comes by another node than the player's coming, and may be faster."""
    _, _, host, _, _ = await across(world)
    seat = Seat(PeerId("hasty"), Address(NodeId("n3"), 9), BookingId("b9"))
    session(host).deliver(PlayerAway(seat.peer, seat.booking_id))
    session(host).deliver(PlayerHere(seat, None, None))
    assert words(host) == ["peer-joined"]


async def test_a_frame_of_one_that_left_is_dropped(world: World, autojump_clock: Clock) -> None:
    """Nothing follows a player's end, and no socket that is not across is heard."""
    _, _, host, player, _ = await across(world)
    where = session(player).address
    await world.leave(player)
    await trio.sleep(0.1)
    for sender in (where, Address(NodeId("n3"), 5)):
        session(host).deliver(Frame(json.dumps({"type": "offer"}).encode(), sender))
    assert host.said[-1] == "peer-disconnected"


async def test_a_node_without_a_lease_lets_nobody_in(world: World, autojump_clock: Clock) -> None:
    """While a node registers it says so, and its sockets are told to come again."""
    (one,) = await world.start("n1")
    one.house.hub.rename(NodeId("other"))
    assert await quietly(world.host(one)) is None
    assert await world.ghosts() == set()


async def test_another_pepper_is_not_ready(world: World, autojump_clock: Clock) -> None:
    """A node with other secrets stays out and says why; once the others are gone it is let in."""
    (one,) = await world.start("n1")
    odd = world.node("n2")
    odd.house.change(pepper=b"another pepper of 16 bytes")
    await world.nursery.start(odd.run)
    await trio.sleep(1)
    assert "pepper" in str(await odd.house.nodes.ready())
    assert await quietly(world.host(odd)) is None
    world.kill(one)
    await trio.sleep(12)
    assert await odd.house.nodes.ready() is None
