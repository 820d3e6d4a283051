"""The queue and games in the embedded store's snapshot: a restart takes nobody's place or game."""

from __future__ import annotations

from pathlib import Path

from matchd.domain.games import State
from matchd.domain.ids import GameId
from matchd.domain.queue import COOLDOWNS
from matchd.domain.verdicts import connect
from matchd.store.ports import Cooling
from tests.play import DUEL, TEAMS, socket, ticket, who
from tests.store.test_games import do, finish, lapse, ready, start
from tests.store.test_queue import enter, pair
from tests.store.test_snapshot import fresh, restart


async def test_places_survive(tmp_path: Path) -> None:
    """In their order, as old as they were, parties whole; the leases begin anew."""
    house = fresh()
    first = await enter(house, "ann", "bob", mode=TEAMS)
    house.now += 50
    await enter(house, "cid", mode=TEAMS)
    house.now += 5
    after = restart(house, tmp_path / "s")
    line = await after.store.queue.line(first.ticket.line, 9, after.now)
    assert [one.accounts for one in line.tickets] == [(who("ann"), who("bob")), (who("cid"),)]
    ages = [round(after.now - one.joined_at) for one in line.tickets]
    assert ages == [55, 5]
    after.now += 30
    assert await after.store.queue.lapse(9, after.now) == ()
    assert await after.store.violations() == ()


async def test_games_survive(tmp_path: Path) -> None:
    """In every state: who played has his grace, who had to come or get ready has his time again."""
    house = fresh()
    await start(house, name="g1")
    cid, dan = await enter(house, "cid"), await enter(house, "dan")
    await pair(house, cid.ticket, dan.ticket, name="g2")
    eve, fay = await enter(house, "eve"), await enter(house, "fay")
    await pair(house, eve.ticket, fay.ticket, name="g3")
    await do(house, connect, who("eve"), socket(5), name="g3")
    await do(house, connect, who("fay"), socket(6), name="g3")
    house.now += 20
    after = restart(house, tmp_path / "s")
    games = {one.id: one for one in await after.store.games.page(None, 9)}
    assert {name: game.state for name, game in games.items()} == {
        "g1": State.ACTIVE,
        "g2": State.JOINING,
        "g3": State.READYING,
    }
    assert {one.here for game in games.values() for one in game.players} == {None}
    assert games[GameId("g1")].deadline == after.now + DUEL.grace
    assert games[GameId("g2")].deadline == after.now + DUEL.join_timeout
    assert games[GameId("g3")].deadline == after.now + DUEL.ready_timeout
    assert (await after.store.queue.stand(who("ann"), after.now)).game == games[GameId("g1")]
    assert await after.store.violations() == ()


async def test_results_and_cooldowns_survive(tmp_path: Path) -> None:
    """A game that is over can be asked for still, and who broke a match waits as long as before."""
    house = fresh()
    await start(house, name="g1")
    await finish(house, "g1")
    cid, dan = await enter(house, "cid"), await enter(house, "dan")
    await pair(house, cid.ticket, dan.ticket, name="g2")
    await do(house, ready, "cid", 3, name="g2")
    house.now += DUEL.join_timeout + 1
    await do(house, lapse, name="g2")
    house.now += 10
    after = restart(house, tmp_path / "s")
    over = await after.store.games.get(GameId("g1"))
    assert over is not None
    assert over.state is State.FINISHED
    again = await after.store.queue.enter(ticket("dan"), after.now, look=1, rated=False)
    assert isinstance(again, Cooling)
    assert round(again.seconds) == COOLDOWNS[0] - 10
    assert (await after.store.queue.stand(who("cid"), after.now)).place is not None
    assert await after.store.violations() == ()
