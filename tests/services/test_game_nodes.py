"""Games over several nodes: whatever is lost, overtakes, or dies (wire.md 6)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.games import State
from matchd.domain.ids import GameId
from matchd.errors import Refusal, StoreUnavailable
from matchd.protocol.games import InQueue, Matched
from tests.play import DUEL
from tests.services.playing import Hall, Seat, patiently
from tests.services.several import World
from tests.store.people import account
from tests.thorough import TIMES

Clock = trio.testing.MockClock


async def gather(world: World, *names: str, nodes: int = 2) -> Hall:
    """Nodes, and accounts that all of them know."""
    started = await world.start(*(f"n{number}" for number in range(nodes)))
    for name in names:
        await world.people.accounts.create(account(name))
    return Hall(world.nursery, *(node.house for node in started))


async def persist(hall: Hall, name: str, at: int) -> InQueue | Matched:
    """Join, however often it takes."""
    while True:
        try:
            return await hall.join(name, at)
        except StoreUnavailable:
            await trio.sleep(0.5)


async def test_players_of_two_nodes_play(world: World, autojump_clock: Clock) -> None:
    """They are matched, hear each other in order, and agree."""
    hall = await gather(world, "ann", "bob")
    await hall.join("ann", 0)
    told = await hall.join("bob", 1)
    assert isinstance(told, Matched)
    ann, bob = [
        await hall.sit(GameId(told.game_id), name, at) for at, name in enumerate(("ann", "bob"))
    ]
    for seat in (ann, bob):
        seat.say("player_ready")
    await trio.sleep(1)
    for number in range(20):
        ann.say("player_move", movement=number)
    await trio.sleep(1)
    assert [frame["movement"] for frame in bob.of("player_move")] == [*range(20)]
    for seat in (ann, bob):
        seat.finish(ann=1)
    await trio.sleep(1)
    assert ann.last == bob.last
    assert ann.last["reason"] == "finished"


async def test_a_waiting_call_at_another_node_is_woken(world: World, autojump_clock: Clock) -> None:
    """At once, not when it looks for itself."""
    hall = await gather(world, "ann", "bob")
    await hall.join("ann", 0)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:

        async def second() -> None:
            await trio.sleep(1)
            await hall.join("bob", 1)

        nursery.start_soon(second)
        assert isinstance(await hall.stand("ann", 30, 0), Matched)
    assert trio.current_time() - began < 1.5


@pytest.mark.parametrize("state", list(State)[:3])
async def test_a_node_that_dies_takes_nobody_along(
    world: World, autojump_clock: Clock, state: State
) -> None:
    """In each state: its player is gone as if he had left, and comes back by another node, or not."""
    hall = await gather(world, "ann", "bob")
    await hall.join("ann", 0)
    told = await hall.join("bob", 1)
    assert isinstance(told, Matched)
    game = GameId(told.game_id)
    bob = await hall.sit(game, "bob", 1)
    if state is not State.JOINING:
        ann = await hall.sit(game, "ann", 0)
        ann.say("player_ready")
    if state is State.ACTIVE:
        bob.say("player_ready")
    await trio.sleep(0.5)
    world.kill(world.nodes[0])
    await trio.sleep(15)
    known = await world.store.games.get(game)
    assert known is not None
    assert [one.here is None for one in known.players] == [True, False]
    back = await hall.sit(game, "ann", 1)
    for seat in (back, bob):
        seat.say("player_ready")
    await trio.sleep(0.5)
    assert bob.of("game_state")[-1]["state"] == "active"
    assert await world.store.violations() == ()


@pytest.mark.parametrize("seed", range(5 * TIMES))
async def test_whatever_is_lost_everybody_learns_how_it_ended(
    nursery: trio.Nursery, autojump_clock: Clock, seed: int
) -> None:
    """Letters and answers are lost and overtake each other: both are told the same end, after the
    start, and no move comes before it.
    """
    world = World(nursery, seed, slow=0.05)
    hall = await gather(world, "ann", "bob", nodes=3)
    world.loses_letters = 0.2
    for node in world.nodes:
        node.link.loses_answers = 0.1
    seats = await meet(world, hall)
    for number in range(10):
        for seat in seats:
            seat.say("player_move", movement=number)
        await trio.sleep(0.1)
    for seat in seats:
        seat.finish(ann=1)
    await trio.sleep(60)
    for seat in seats:
        assert seat.closed is not None
        assert seat.closed[0] == 4410, seat.types
        assert seat.last["reason"] == "finished"
        types = [kind for kind in seat.types if kind in ("game_start", "player_move", "game_over")]
        assert types[0] == "game_start"
        moves = [frame["seq"] for frame in seat.of("player_move")]
        assert moves == sorted(set(moves))
    assert await world.store.violations() == ()


async def meet(world: World, hall: Hall) -> list[Seat]:
    """Ann and bob, at two nodes, are in an active game."""
    await persist(hall, "ann", 0)
    await persist(hall, "bob", 1)
    told = await persist(hall, "ann", 2)
    assert isinstance(told, Matched)
    game = GameId(told.game_id)
    seats = [await patiently(hall, game, name, at) for at, name in enumerate(("ann", "bob"))]
    for seat in seats:
        seat.say("player_ready")
    await trio.sleep(30)  # longer than a round, in which everything lost is found
    return seats


async def test_a_store_that_was_away_ends_no_game(world: World, autojump_clock: Clock) -> None:
    """Moves of one node go on meanwhile; who came back in the calm after it has not forfeited."""
    hall = await gather(world, "ann", "bob", nodes=1)
    ann, bob = await hall.play("ann", "bob")
    world.nodes[0].cut()
    await ann.leave()
    await trio.sleep(DUEL.grace * 2)
    bob.say("resync")
    assert bob.last["state"] == "active"
    world.nodes[0].heal()
    ann = await patiently(hall, bob.held.game_id, "ann", 0)
    await trio.sleep(5)
    assert ann.closed is bob.closed is None


async def test_two_devices_join_at_once(world: World, autojump_clock: Clock) -> None:
    """One place, whichever node is faster; and a crowd at all nodes is paired without remainder."""
    names = [f"p{number:02}" for number in range(20)]
    hall = await gather(world, *names, nodes=3)
    async with trio.open_nursery() as nursery:
        for number, name in enumerate(names):
            for at in (number % 3, (number + 1) % 3):
                nursery.start_soon(_join_quietly, hall, name, at)
    await trio.sleep(3)
    stands = [await hall.stand(name) for name in names]
    games = [one.game_id for one in stands if isinstance(one, Matched)]
    assert len(games) == 20
    assert len(set(games)) == 10
    assert await world.store.violations() == ()


async def _join_quietly(hall: Hall, name: str, at: int) -> None:
    try:
        await hall.join(name, at)
    except StoreUnavailable:
        raise
    except Refusal:
        return
