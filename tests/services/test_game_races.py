"""Games in which everything happens at once, or at the wrong moment (wire.md 6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from matchd.domain.games import State
from matchd.domain.ids import GameId
from matchd.errors import CoolingDown, GameOver, NotQueued
from matchd.protocol.games import Matched
from tests.house import House
from tests.play import DUEL, who
from tests.services.playing import Hall, Seat, hall
from tests.services.several import World
from tests.store.people import account
from tests.thorough import TIMES

Clock = trio.testing.MockClock


async def gather(world: World, *names: str) -> Hall:
    """Two nodes, and accounts that both know."""
    nodes = await world.start("n1", "n2")
    for name in names:
        await world.people.accounts.create(account(name))
    return Hall(world.nursery, *(node.house for node in nodes))


async def seated(here: Hall) -> tuple[GameId, Seat, Seat]:
    """Ann at the first node and bob at the second have to get ready."""
    await here.join("ann", 0)
    told = await here.join("bob", 1)
    assert isinstance(told, Matched)
    game = GameId(told.game_id)
    return game, await here.sit(game, "ann", 0), await here.sit(game, "bob", 1)


async def test_a_move_costs_no_store_call(
    world: World, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at one node nor between two: a hundred moves and actions reach the others without one."""
    here = await gather(world, "ann", "bob")
    _, ann, bob = await seated(here)
    for seat in (ann, bob):
        seat.say("player_ready")
    await trio.sleep(1)
    calls = []
    for node in world.nodes:
        inner = node.link.call

        def counted(act: Callable[[], Awaitable[object]], inner: object = inner) -> object:
            calls.append(act)
            assert callable(inner)
            return inner(act)

        monkeypatch.setattr(node.link, "call", counted)
    for number in range(50):
        ann.say("player_move", movement=number)
        bob.say("game_action", action="jump", data=number)
    await trio.testing.wait_all_tasks_blocked()
    assert (len(bob.of("player_move")), len(ann.of("game_action"))) == (50, 50)
    assert calls == []


async def test_getting_ready_races_with_leaving(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    """Whichever is first: the game begins and bob has his grace, or it does not and he broke it. Ann
    hears how it ended, and both orders happen.
    """
    reasons = set()
    for seed in range(6 * TIMES):
        world = World(nursery, seed, slow=0.05)
        here = await gather(world, "ann", "bob")
        game, ann, bob = await seated(here)
        bob.say("player_ready")
        await trio.sleep(0.5)
        ann.say("player_ready")
        nursery.start_soon(bob.leave)
        await trio.sleep(DUEL.grace + DUEL.ready_timeout + 15)
        over = ann.of("game_over")[0]
        reasons.add(over["reason"])
        assert over["requeued"] is (over["reason"] == "not_ready")
        assert over["winner"] == (None if over["requeued"] else who("ann"))
        known = await world.store.games.get(game)
        assert known is None or known.state is State.FINISHED
        assert await world.store.violations() == ()
        for node in world.nodes:
            world.kill(node)
    assert reasons == {"not_ready", "player_disconnected"}


async def test_both_leave_at_once(world: World, autojump_clock: Clock) -> None:
    """From two nodes, in the middle of the game: whoever is back in time goes on, and the first to
    forfeit has lost.
    """
    here = await gather(world, "ann", "bob")
    game, ann, bob = await seated(here)
    for seat in (ann, bob):
        seat.say("player_ready")
    await trio.sleep(1)
    world.nursery.start_soon(ann.leave)
    world.nursery.start_soon(bob.leave)
    await trio.sleep(DUEL.grace / 2)
    ann = await here.sit(game, "ann", 1)
    await trio.sleep(DUEL.grace)
    assert (ann.last["reason"], ann.last["winner"]) == ("player_disconnected", who("ann"))
    assert await world.store.violations() == ()


async def test_leaving_between_match_and_connect(house: House, autojump_clock: Clock) -> None:
    """There is no place to give up any more: he is told where the match is, and who stays away breaks
    it, while the other keeps his seniority.
    """
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        bob = await here.sit(game, "bob")
        with pytest.raises(NotQueued):
            await house.queue.leave(house.player(who("ann")))
        again = await here.join("ann")
        assert isinstance(again, Matched)
        assert again.game_id == game
        await trio.sleep(DUEL.join_timeout + 1)
        over = bob.of("game_over")[0]
        assert (over["reason"], over["requeued"]) == ("not_joined", True)
        with pytest.raises(CoolingDown):
            await here.join("ann")


@pytest.mark.parametrize("state", [State.JOINING, State.READYING, State.ACTIVE])
async def test_ready_said_again_means_nothing(
    house: House, autojump_clock: Clock, state: State
) -> None:
    """In any state: it is announced once, and nothing begins anew."""
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann = await here.sit(game, "ann")
        ann.say("player_ready")
        if state is not State.JOINING:
            bob = await here.sit(game, "bob")
        if state is State.ACTIVE:
            bob.say("player_ready")
        await trio.sleep(0.1)
        before = len(ann.frames)
        for _ in range(3):
            ann.say("player_ready")
        await trio.sleep(0.1)
        assert len(ann.frames) == before
        known = await here.game(game)
        assert known is not None
        assert known.state is state


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("player_ready", {}),
        ("player_move", {"movement": 1}),
        ("game_action", {"action": "jump", "data": 1}),
        ("game_action", {"action": "finish", "data": {"scores": {"u_bob": 9}}}),
        ("resync", {}),
    ],
)
async def test_nothing_is_said_after_the_end(
    house: House, autojump_clock: Clock, kind: str, fields: dict[str, object]
) -> None:
    """The last word was the last: what comes behind it changes nothing, and no socket comes back."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        for seat in (ann, bob):
            seat.finish(ann=1)
        await trio.sleep(0.1)
        ann.say(kind, **fields)
        await trio.sleep(0.1)
        assert (ann.types[-1], bob.types[-1]) == ("game_over", "game_over")
        known = await here.game(ann.held.game_id)
        assert known is not None
        assert known.outcome is not None
        assert known.outcome.winner == who("ann")
        with pytest.raises(GameOver):
            await here.sit(ann.held.game_id, "ann")


async def test_a_node_that_dies_after_the_end_takes_nothing_along(
    world: World, autojump_clock: Clock
) -> None:
    """The result is kept, the players are free, and the game goes when its time is over."""
    here = await gather(world, "ann", "bob")
    game, ann, bob = await seated(here)
    for seat in (ann, bob):
        seat.say("player_ready")
    await trio.sleep(1)
    for seat in (ann, bob):
        seat.finish(ann=1)
    await trio.sleep(0.01)
    world.kill(world.nodes[0])
    await trio.sleep(90)
    assert await world.store.games.get(game) is None
    assert bob.last["winner"] == who("ann")
    assert (await here.join("ann", 1)).queued
    assert await world.store.violations() == ()


async def test_a_node_that_dies_leaves_the_line_as_it_is(
    world: World, autojump_clock: Clock
) -> None:
    """A place belongs to its player: he keeps it by asking at another node."""
    here = await gather(world, "ann", "bob", "cid")
    await here.join("ann", 0)
    world.kill(world.nodes[0])
    await trio.sleep(40)
    assert (await here.stand("ann", at=1)).queued
    await trio.sleep(40)
    told = await here.join("bob", 1)
    assert isinstance(told, Matched)
    assert await here.stand("ann", at=1) == told
