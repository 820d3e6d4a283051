"""Sessions compared with the store after letters, answers or the store's memory were lost."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.bookings import Cause
from matchd.domain.ids import Address, BookingId, NodeId
from matchd.protocol.news import Close, HostAway
from tests.services.several import World, quietly
from tests.services.several import session_of as session
from tests.services.test_nodes import across, words

Clock = trio.testing.MockClock


async def test_lost_letters_are_made_good(world: World, autojump_clock: Clock) -> None:
    """Who came is greeted, who left is parted, who stayed is told nothing twice."""
    _, two, host, player, _ = await across(world)
    await two.house.beat(capacity=3)
    second = await world.player(two, await two.house.find(two.house.player("u_2")))
    await trio.sleep(0.1)
    world.loses_letters = 1.0
    third = await world.player(two, await two.house.find(two.house.player("u_3")))
    await world.leave(second)
    await trio.sleep(0.5)
    world.loses_letters = 0.0
    await trio.sleep(3)
    seen = host.peers
    peers = [session(wire).peer for wire in (player, second, third)]
    assert sorted(seen[:2]) == sorted(("peer-joined", str(peer)) for peer in peers[:2])
    assert sorted(seen[2:]) == [("peer-disconnected", peers[1]), ("peer-joined", peers[2])]


@pytest.mark.parametrize("slow", [0.0, 0.02])
async def test_a_store_that_forgot_everything(
    world: World, autojump_clock: Clock, slow: float
) -> None:
    """Matches survive: nobody hears peer-disconnected, hosts are full again with their next beat."""
    one, _two, host, player, _ = await across(world)
    world.slow = slow
    world.forget()
    await trio.sleep(3)
    await one.house.beat()
    await trio.sleep(20)
    await one.house.beat()
    assert (words(host), words(player)) == (["peer-joined"], ["peer-joined"])
    assert (host.closed, player.closed) == (None, None)
    counts = await world.store.hosts.counts()
    assert (counts.connected, counts.free, counts.alive) == (1, 0, 1)
    assert await world.ghosts() == set()


async def test_the_bus_is_back_before_the_lease(world: World, autojump_clock: Clock) -> None:
    """A comparison that a store without our node answers closes and parts nobody."""
    one, two, host, player, _ = await across(world)
    world.forget()
    one.house.nodes.missed()
    two.house.nodes.missed()
    await trio.sleep(25)
    assert (host.closed, player.closed, words(host)) == (None, None, ["peer-joined"])


async def test_a_booking_that_ended_in_silence(world: World, autojump_clock: Clock) -> None:
    """The player whose booking is over without his being told hears the last word and is closed."""
    _, two, _, player, found = await across(world)
    now = two.house.clock.now()
    await world.store.bookings.release(BookingId(found.booking_id), Cause.RELEASED, now)
    assert player.closed is None
    two.house.nodes.missed()
    await trio.sleep(0.5)
    assert (player.code, player.said[-1]) == (Close.GONE, "peer-disconnected")


async def test_leaving_while_the_store_is_away(world: World, autojump_clock: Clock) -> None:
    """A player who goes then is out of the room, and his host knows, soon after the store is back."""
    _, two, host, player, _ = await across(world)
    two.cut()
    await world.leave(player)
    await trio.sleep(5)
    assert words(host) == ["peer-joined"]
    two.heal()
    await trio.sleep(2)
    assert words(host) == ["peer-joined", "peer-disconnected"]
    assert await world.ghosts() == set()


async def test_an_entry_whose_answer_was_lost(world: World, autojump_clock: Clock) -> None:
    """Neither a lost answer nor a caller that hung up leaves a place behind."""
    one, two = await world.start("n1", "n2")
    await world.host(one)
    world.slow = 0.5
    for patience in (0.1, 0.3, 0.6, 1.0, 1.5):
        await two.house.beat(capacity=9)
        found = await two.house.find(two.house.player(f"u_{patience}"))
        with trio.move_on_after(patience):
            await world.player(two, found)
        for wire in [wire for wire in world.wires if wire.node is two]:
            await world.leave(wire)
        await trio.sleep(12)
        assert await world.ghosts() == set()


async def test_leaving_while_being_compared(world: World, autojump_clock: Clock) -> None:
    """Whichever comes first, the leave or the comparison: no ghost, and the host knows."""
    world.slow = 0.01
    for seed in range(40):
        world.rng.seed(seed)
        if not world.nodes:
            _one, two, host, _, _ = await across(world)
            await trio.sleep(1)
        await two.house.beat(capacity=99)
        player = await world.player(two, await two.house.find(two.house.player(f"u_{seed}")))
        await trio.sleep(0.5)
        two.house.nodes.missed()
        await trio.sleep(world.rng.uniform(0, 0.05))
        await world.leave(player)
        await trio.sleep(2)
        assert await world.ghosts() == set()
        assert session(player).peer not in session(host)._seats


async def test_a_comparison_that_overtook_a_leave(
    world: World, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket that a late comparison put back after it had left goes, though the answer was lost."""
    _one, two, _host, player, _ = await across(world)
    await trio.sleep(0.5)
    late = [0.2]
    monkeypatch.setattr(world, "delay", lambda: late.pop() if late else 0.0)
    two.house.nodes.missed()
    await trio.sleep(0.1)
    assert not late
    await world.leave(player)
    assert await world.ghosts() == set()
    two.link.loses_answers = 1.0
    await trio.sleep(0.2)
    two.link.loses_answers = 0.0
    assert len(await world.ghosts()) == 1
    await trio.sleep(3)
    assert await world.ghosts() == set()


async def test_a_host_that_the_store_had_lost_is_met_again(
    world: World, autojump_clock: Clock
) -> None:
    """Also when the news of its new seat was lost: the next comparison is enough."""
    _one, _two, host, player, _ = await across(world)
    side, address = session(player), session(host).address
    turn = side._turn
    side.compare_player(None, 0, trusted=True)
    side.compare_player(address, turn, trusted=True)
    assert words(player) == ["peer-joined", "peer-disconnected"]
    side.compare_player(address, turn + 1, trusted=True)
    assert words(player) == ["peer-joined", "peer-disconnected", "peer-joined"]


async def test_a_doubt_during_a_comparison(world: World, autojump_clock: Clock) -> None:
    """A store that is swapped in the middle of a trusted comparison is compared again later."""
    world.slow = 0.2
    one, two, host, _player, _ = await across(world)
    await trio.sleep(20)
    for _ in range(5):
        one.house.nodes.missed()
        await trio.sleep(0.3)
        world.forget()
        await trio.sleep(4)
    await trio.sleep(30)
    assert words(host) == ["peer-joined"]
    world.kill(two)
    await trio.sleep(20)
    assert words(host) == ["peer-joined", "peer-disconnected"]


async def test_a_host_that_is_not_there_is_parted(world: World, autojump_clock: Clock) -> None:
    """A player who believes in a host the store does not know parts from it, once it is trusted."""
    _, _two, host, player, _ = await across(world)
    known = session(player)
    world.loses_letters = 1.0
    await world.leave(host)
    await trio.sleep(0.1)
    world.loses_letters = 0.0
    await trio.sleep(3)
    assert (known._host, words(player)) == (None, ["peer-joined", "peer-disconnected"])
    known.deliver(HostAway(Address(NodeId("n1"), 1)))
    assert words(player)[-1] == "peer-disconnected"


async def test_a_replacement_whose_answer_was_lost(world: World, autojump_clock: Clock) -> None:
    """The older socket, whom nobody told, is closed after a round at most: it has no place any more."""
    _, two, host, player, found = await across(world)
    two.link.loses_answers = 1.0
    assert await quietly(world.player(two, found)) is None
    two.link.loses_answers = 0.0
    await trio.sleep(25)
    assert await world.ghosts() == set()
    assert session(player).peer in session(host)._seats
