"""Games as they are kept (wire.md 6), on every backend; the machine itself is in tests/domain."""

from __future__ import annotations

from functools import partial

import pytest
import trio

from matchd.domain.games import KEPT, Game, Reason, State, bereave, get_ready
from matchd.domain.ids import GameId, NodeId
from matchd.domain.played import HISTORY, GameChange
from matchd.domain.queue import COOLDOWNS, FORGIVEN, Mode
from matchd.domain.ratings import Rating
from matchd.domain.verdicts import connect, expire, report
from matchd.errors import NotAPlayer
from matchd.store.ports import (
    Cooling,
    DeadNode,
    GamesDue,
    Outrated,
    PlayCounts,
    Queued,
    Stand,
)
from tests.play import DUEL, RATED, fresh, socket, ticket, who
from tests.store.house import House
from tests.store.people import account
from tests.store.test_queue import enter, pair, stand

G1, N1 = GameId("g1"), NodeId("n1")
ANN, BOB = who("ann"), who("bob")


async def match(house: House, mode: Mode = DUEL, name: str = "g1") -> None:
    """Ann and bob are paired."""
    ann, bob = await enter(house, "ann", mode=mode), await enter(house, "bob", mode=mode)
    await pair(house, ann.ticket, bob.ticket, mode=mode, name=name)


async def do(house: House, deed: object, *given: object, name: str = "g1") -> GameChange:
    """Do something in a game."""

    def act(before: Game | None, now: float) -> Game | None:
        assert callable(deed)
        after: Game | None = deed(before, *given, now)
        return after

    changed = await house.store.games.change(GameId(name), act, house.now)
    assert isinstance(changed, GameChange)
    return await house.sound(changed)


def ready(game: Game, name: str, number: int, now: float) -> Game:
    """Somebody comes and is ready."""
    return get_ready(connect(game, who(name), socket(number), now), who(name), socket(number), now)


def lapse(game: Game, now: float) -> Game | None:
    """What is due happens."""
    return expire(game, now, fresh)


async def start(house: House, mode: Mode = DUEL, name: str = "g1") -> None:
    """Ann and bob are in an active game."""
    await match(house, mode, name)
    await do(house, ready, "ann", 1, name=name)
    await do(house, ready, "bob", 2, name=name)


async def finish(house: House, name: str = "g1") -> GameChange:
    """Both say that ann has won."""
    await do(house, report, ANN, socket(1), {ANN: 3, BOB: 1}, name=name)
    return await do(house, report, BOB, socket(2), {BOB: 1, ANN: 3}, name=name)


async def test_a_game_is_changed_by_deeds(house: House) -> None:
    """Each change counts; a deed that changes nothing does not, and one that fails leaves all."""
    await match(house)
    first = await do(house, connect, ANN, socket(1))
    assert first.after is not None
    assert (first.after.version, first.after.players[0].here) == (2, socket(1))
    assert await house.store.games.get(G1) == first.after
    with pytest.raises(NotAPlayer):
        await do(house, connect, who("eve"), socket(3))
    assert (await do(house, lapse)).after == first.after
    assert await house.store.games.get(G1) == first.after


async def test_games_are_listed_in_pages(house: House) -> None:
    """In order of their ids, those that were just finished among them."""
    for number in ("g2", "g1", "g3"):
        await start(house, name=number)
        await finish(house, name=number)
    await match(house, name="g4")
    first = await house.store.games.page(None, 2)
    assert [(one.id, one.state) for one in first] == [
        ("g1", State.FINISHED),
        ("g2", State.FINISHED),
    ]
    rest = await house.store.games.page(GameId("g2"), 9)
    assert [(one.id, one.state) for one in rest] == [
        ("g3", State.FINISHED),
        ("g4", State.JOINING),
    ]


async def test_deeds_at_once_are_all_done(house: House) -> None:
    """Nobody's change overwrites another's."""
    await match(house)
    async with trio.open_nursery() as nursery:
        for number, name in enumerate(("ann", "bob"), 1):
            nursery.start_soon(partial(do, house, ready, name, number))
    game = await house.store.games.get(G1)
    assert game is not None
    assert (game.state, game.version) == (State.ACTIVE, 3)


async def test_a_game_that_ends_frees_its_players(house: House) -> None:
    """They may queue at once; the game can still be asked for, and is gone later."""
    await start(house)
    change = await finish(house)
    assert change.ended
    assert await stand(house, "ann") == Stand()
    assert await house.store.games.play_counts() == PlayCounts(0, 0)
    await enter(house, "ann")
    house.now += KEPT
    assert (await house.store.games.due(10, house.now)).expired == (G1,)
    assert (await do(house, lapse)).after is None
    assert await house.store.games.get(G1) is None


async def test_who_did_not_come_cools_down_and_the_other_is_back_in_front(house: House) -> None:
    """The innocent one has his old seniority, in the same step."""
    await match(house)
    house.now += 1
    await enter(house, "cid", mode=Mode(name="default", players=2))
    await do(house, connect, ANN, socket(1))
    house.now += DUEL.join_timeout
    change = await do(house, lapse)
    assert change.after is not None
    assert change.after.outcome is not None
    (back,) = change.after.outcome.requeued
    assert (change.after.outcome.reason, change.positions) == (Reason.NOT_JOINED, {back.id: 1})
    place = (await stand(house, "ann")).place
    assert place is not None
    assert (place.position, place.size, place.ticket) == (1, 2, back)
    refused = await house.store.queue.enter(ticket("bob"), house.now, look=1, rated=False)
    assert isinstance(refused, Cooling)
    assert refused.seconds == pytest.approx(COOLDOWNS[0])


async def test_cooldowns_grow_and_are_forgiven(house: House) -> None:
    """With each match that somebody breaks, until he has broken none for an hour."""
    waits = []
    for number, pause in enumerate((COOLDOWNS[0], COOLDOWNS[1], FORGIVEN)):
        await match(house, name=f"g{number}")
        house.now += DUEL.join_timeout
        await do(house, lapse, name=f"g{number}")
        refused = await house.store.queue.enter(ticket("bob"), house.now, look=1, rated=False)
        assert isinstance(refused, Cooling)
        waits.append(round(refused.seconds))
        house.now += pause
    assert waits == [*COOLDOWNS[:3]]
    assert isinstance(
        await house.store.queue.enter(ticket("bob"), house.now, look=1, rated=False), Queued
    )


async def test_results_and_ratings_are_kept(house: House) -> None:
    """The latest game comes first; who has won is rated higher, and queues with that rating."""
    for number in range(3):
        await start_rated(house, f"g{number}")
        await finish(house, f"g{number}")
        house.now += 1
    games = await house.store.games.history(ANN, None, 2)
    assert [one.game for _, one in games] == ["g2", "g1"]
    (rest,) = await house.store.games.history(ANN, games[-1][0], 2)
    assert (rest[1].game, rest[1].winner, dict(rest[1].scores)) == ("g0", ANN, {ANN: 3, BOB: 1})
    ratings = await house.store.games.ratings("rated", [ANN, BOB, who("eve")])
    assert set(ratings) == {ANN, BOB}
    assert ratings[ANN].mu > 25 > ratings[BOB].mu
    assert await house.store.games.rated(ANN) == {"rated": ratings[ANN]}
    assert await house.store.games.rated(who("eve")) == {}


async def start_rated(house: House, name: str) -> None:
    """Ann and bob play, with the ratings they have."""
    known = await house.store.games.ratings("rated", [ANN, BOB])
    tickets = []
    for one in ("ann", "bob"):
        rating = known.get(who(one), Rating())
        made = ticket(one, mode=RATED)
        entrant = made.entrants[0].__class__(who(one), made.entrants[0].handle, rating)
        queued = await house.store.queue.enter(
            ticket(one, mode=RATED, entrants=(entrant,)), house.now, look=1, rated=True
        )
        assert isinstance(queued, Queued)
        tickets.append(queued.ticket)
    await pair(house, *tickets, mode=RATED, name=name)
    await do(house, ready, "ann", 1, name=name)
    await do(house, ready, "bob", 2, name=name)


async def test_a_rating_of_yesterday_takes_no_place(house: House) -> None:
    """Whoever comes with another rating than he has is told it; no game counts from an old one."""
    await start_rated(house, "g1")
    await finish(house)
    refused = await house.store.queue.enter(
        ticket("ann", mode=RATED), house.now, look=1, rated=True
    )
    assert isinstance(refused, Outrated)
    assert refused.ratings == await house.store.games.ratings("rated", [ANN])


async def test_a_history_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest games go; this is about the numbers, so it looks at few."""
    assert HISTORY == 500
    house.every = 100
    for number in range(3):
        await start(house, name=f"g{number}")
        await finish(house, f"g{number}")
        house.now += 1
    assert len(await house.store.games.history(BOB, None, 10)) == 3


async def test_deadlines_and_dead_nodes_are_due(house: House) -> None:
    """A game is due at its deadline; and when a node of its sockets is dead, until that is done."""
    await start(house)
    assert await house.store.games.due(10, house.now) == GamesDue((), ())
    await house.store.nodes.part(N1, house.now)
    assert await house.store.games.due(10, house.now) == GamesDue((), ((G1, N1),))
    await do(house, bereave, N1)
    assert await house.store.games.due(10, house.now) == GamesDue((), ())
    house.now += DUEL.grace
    assert await house.store.games.due(10, house.now) == GamesDue((G1,), ())


async def test_no_socket_of_a_dead_node_plays(house: House) -> None:
    """Nobody would ever take it out."""
    await match(house)

    def come(before: Game | None, now: float) -> Game:
        assert before is not None
        return connect(before, ANN, socket(1), now)

    changed = await house.store.games.change(G1, come, house.now, node=NodeId("nobody"))
    assert changed == DeadNode()


async def test_a_deleted_account_leaves_no_history(house: House) -> None:
    """Neither results nor ratings; those of others stay."""
    await house.store.accounts.create(account("ann"))
    await start_rated(house, "g1")
    await finish(house)
    await house.store.accounts.delete(ANN, house.now)
    assert await house.store.games.history(ANN, None, 10) == ()
    assert set(await house.store.games.ratings("rated", [ANN, BOB])) == {BOB}
    assert len(await house.store.games.history(BOB, None, 10)) == 1
