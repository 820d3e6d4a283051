"""The queue as players see it: joining, waiting, leaving, parties, cooldowns (wire.md 6)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from matchd.domain.friends import Verb
from matchd.domain.ids import GameId
from matchd.domain.lobbies import Lobby
from matchd.domain.queue import LEASE
from matchd.errors import (
    CoolingDown,
    Draining,
    Forbidden,
    InGame,
    InvalidRequest,
    NotQueued,
    PartyNotReady,
    UnknownLobby,
    UnknownMode,
)
from matchd.protocol.games import InQueue, JoinBody, Matched
from tests.house import House
from tests.lobbies import here, lobby, member
from tests.play import DUEL, who
from tests.services.listening import listen
from tests.services.playing import Hall, hall

Clock = trio.testing.MockClock


async def open_lobby(house: House, made: Lobby) -> str:
    """Put a lobby into the store."""

    def deed(before: Lobby | None, now: float) -> Lobby:
        return made

    await house.store.lobbies.change(made.id, deed, house.clock.now())
    return str(made.id)


async def test_the_first_waits_and_the_second_makes_the_match(
    house: House, autojump_clock: Clock
) -> None:
    """In the words of the given document, with the place and the game."""
    async with hall(house, "ann", "bob") as here_:
        first = await here_.join("ann")
        assert first == InQueue(position=1, size=1, eta=None, mode="default")
        assert first.success == "User added to queue"
        second = await here_.join("bob")
        assert isinstance(second, Matched)
        assert second.websocket == f"/ws/game/{second.game_id}/"
        assert await here_.stand("ann") == second


async def test_joining_again_changes_nothing(house: House, autojump_clock: Clock) -> None:
    """The same place while he waits, the same game until he has come, then where he is."""
    async with hall(house, "ann", "bob") as here_:
        first = await here_.join("ann")
        await trio.sleep(1)
        assert await here_.join("ann") == first
        matched = await here_.join("bob")
        assert isinstance(matched, Matched)
        assert await here_.join("ann") == matched
        game = await here_.match("ann")
        await here_.sit(game, "ann")
        with pytest.raises(InGame) as refusal:
            await here_.join("ann")
        assert refusal.value.game_id == matched.game_id
        assert await here_.join("bob") == matched


async def test_whoever_leaves_is_not_matched(house: House, autojump_clock: Clock) -> None:
    """And can't leave twice."""
    async with hall(house, "ann", "bob") as here_:
        await here_.join("ann")
        await house.queue.leave(house.player(who("ann")))
        assert isinstance(await here_.join("bob"), InQueue)
        with pytest.raises(NotQueued):
            await house.queue.leave(house.player(who("ann")))


async def test_a_waiting_call_hears_of_the_match_at_once(
    house: House, autojump_clock: Clock
) -> None:
    """And one that waits in vain is told its place."""
    async with hall(house, "ann", "bob") as here_:
        await here_.join("ann")
        began = trio.current_time()
        assert isinstance(await here_.stand("ann", wait=3), InQueue)
        assert trio.current_time() - began == pytest.approx(3, abs=0.1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(here_.join, "bob")
            assert isinstance(await here_.stand("ann", wait=30), Matched)
        assert trio.current_time() - began == pytest.approx(3, abs=0.1)


async def test_a_drain_answers_those_who_wait(house: House, autojump_clock: Clock) -> None:
    """At once, and their places stay: the next daemon has them."""

    async def drain() -> None:
        await trio.sleep(1)
        house.current.draining = True
        house.queue.drain()

    async with hall(house, "ann") as here_:
        await here_.join("ann")
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(drain)
            with pytest.raises(Draining):
                await here_.stand("ann", wait=30)
        assert trio.current_time() - began == pytest.approx(1, abs=0.1)
        assert isinstance(await here_.stand("ann"), InQueue)


async def test_the_match_is_pushed(house: House, autojump_clock: Clock) -> None:
    """On the event sockets of both."""
    async with hall(house, "ann", "bob") as here_:
        sockets = [await listen(house, who(name)) for name in ("ann", "bob")]
        await here_.join("ann")
        matched = await here_.join("bob")
        assert isinstance(matched, Matched)
        await trio.sleep(0.1)
        told = {
            "type": "queue.matched",
            "game_id": matched.game_id,
            "websocket": matched.websocket,
        }
        assert [socket.events[-1] for socket in sockets] == [told, told]


async def test_a_place_lapses_without_a_sign(house: House, autojump_clock: Clock) -> None:
    """After a minute, unless an event socket is open, or somebody asks."""
    async with hall(house, "ann", "bob", "cid") as here_:
        await listen(house, who("bob"))
        for name, region in (("ann", "a"), ("bob", "b"), ("cid", "c")):
            await here_.join(name, region=region)
        await trio.sleep(LEASE - 5)
        await here_.stand("cid")
        await trio.sleep(10)
        with pytest.raises(NotQueued):
            await here_.stand("ann")
        assert isinstance(await here_.stand("bob"), InQueue)
        assert isinstance(await here_.stand("cid"), InQueue)


async def test_blocked_players_are_not_put_together(house: House, autojump_clock: Clock) -> None:
    """Each of them meets somebody else."""
    async with hall(house, "ann", "bob", "cid") as here_:
        await house.store.friends.change(who("bob"), who("ann"), Verb.BLOCK, house.clock.now())
        await here_.join("ann")
        assert isinstance(await here_.join("bob"), InQueue)
        matched = await here_.join("cid")
        assert isinstance(matched, Matched)
        assert await here_.stand("ann") == matched
        assert isinstance(await here_.stand("bob"), InQueue)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ({"region": "eu"}, {"region": "eu"}, True),
        ({"region": "eu"}, {}, True),
        ({"region": "eu"}, {"region": "us"}, False),
        ({"properties": {"map": "ice", "v": 1}}, {"properties": {"v": 1, "map": "ice"}}, True),
        ({"properties": {"map": "ice"}}, {"properties": {"map": "sand"}}, False),
        ({"properties": {"map": "ice"}}, {}, False),
        ({"mode": "rated"}, {}, False),
    ],
)
async def test_who_meets_whom(
    house: House,
    autojump_clock: Clock,
    one: dict[str, Any],
    other: dict[str, Any],
    meet: bool,
) -> None:
    """Regions suit each other, properties and modes are the same."""
    async with hall(house, "ann", "bob") as here_:
        await here_.join("ann", **one)
        assert isinstance(await here_.join("bob", **other), Matched) is meet


async def test_what_can_never_be_is_refused(house: House, autojump_clock: Clock) -> None:
    """A mode that is not there, a party that no game takes, properties without end."""
    async with hall(house, "ann", "bob", "cid") as here_:
        with pytest.raises(UnknownMode):
            await here_.join("ann", mode="chess")
        members = tuple(member(name, here=here(n)) for n, name in enumerate(("ann", "bob", "cid")))
        party = await open_lobby(house, lobby("l1", "ann", members=members))
        with pytest.raises(InvalidRequest):
            await here_.join("ann", party=party)
        with pytest.raises(InvalidRequest):
            await here_.join("ann", properties={"x": "y" * 2000})


async def party_of(here_: Hall, *names: str) -> str:
    """A lobby with these players connected to it, of the first one."""
    members = tuple(member(name, here=here(n)) for n, name in enumerate(names))
    return await open_lobby(here_.houses[0], lobby("l1", names[0], members=members))


async def test_a_party_enters_and_leaves_whole(house: House, autojump_clock: Clock) -> None:
    """It is one place of one side; whoever of it leaves takes it out, without a cooldown."""
    async with hall(house, "ann", "bob", "cid", "dan") as here_:
        party = await party_of(here_, "ann", "bob")
        first = await here_.join("ann", mode="teams", party=party)
        assert first == InQueue(position=1, size=1, eta=None, mode="teams")
        assert await here_.stand("bob") == first
        await house.queue.leave(house.player(who("bob")))
        with pytest.raises(NotQueued):
            await here_.stand("ann")
        await here_.join("ann", mode="teams", party=party)
        await here_.join("cid", mode="teams")
        matched = await here_.join("dan", mode="teams")
        assert isinstance(matched, Matched)
        game = await house.store.games.get(GameId(matched.game_id))
        assert game is not None
        sides = {one.account: one.side for one in game.players}
        assert sides[who("ann")] == sides[who("bob")] != sides[who("cid")] == sides[who("dan")]


async def test_a_party_enters_whole_or_not_at_all(house: House, autojump_clock: Clock) -> None:
    """Nobody of it may be in the queue by himself; only its owner may bring it."""
    async with hall(house, "ann", "bob", "cid") as here_:
        party = await party_of(here_, "ann", "bob")
        await here_.join("bob")
        with pytest.raises(PartyNotReady):
            await here_.join("ann", mode="teams", party=party)
        with pytest.raises(NotQueued):
            await here_.stand("ann")
        with pytest.raises(Forbidden):
            await here_.join("bob", mode="teams", party=party)
        with pytest.raises(UnknownLobby):
            await here_.join("cid", mode="teams", party=party)


async def test_who_does_not_come_waits_and_the_other_is_first(
    house: House, autojump_clock: Clock
) -> None:
    """The other is told his place, and is matched before those who came after him."""
    async with hall(house, "ann", "bob", "cid", "dan") as here_:
        game = await here_.match("ann", "bob")
        ann = await here_.sit(game, "ann")
        await trio.sleep(1)
        await here_.join("cid", region="eu")
        await trio.sleep(DUEL.join_timeout + 1)
        over = ann.of("game_over")[0]
        assert (over["reason"], over["requeued"], over["position"]) == ("not_joined", True, 1)
        with pytest.raises(CoolingDown) as refusal:
            await here_.join("bob")
        assert refusal.value.retry_after is not None
        assert 20 <= refusal.value.retry_after <= 30
        stand = await here_.stand("ann")
        assert isinstance(stand, Matched), "cid has been waiting for somebody from anywhere"
        assert await here_.stand("cid") == stand


async def test_ratings_widen_with_waiting(house: House, autojump_clock: Clock) -> None:
    """Two who are far apart meet once both have waited long enough."""
    async with hall(house, "ann", "bob") as here_:
        await here_.join("ann", mode="rated")
        while isinstance(told := await here_.join("bob", mode="rated"), Matched):
            seats = [await here_.sit(GameId(told.game_id), name) for name in ("ann", "bob")]
            for seat in seats:
                seat.say("player_ready")
            await trio.sleep(0.1)
            for seat in seats:
                seat.finish(ann=1, bob=0)
            await trio.sleep(0.1)
            await here_.join("ann", mode="rated")
        ratings = await house.store.games.ratings("rated", [who("ann"), who("bob")])
        apart = ratings[who("ann")].mu - ratings[who("bob")].mu
        assert apart > 3
        began = trio.current_time()
        assert isinstance(await here_.stand("ann", wait=60), Matched)
        assert trio.current_time() - began == pytest.approx((apart - 3) / 0.2, abs=2)


async def test_a_banned_player_loses_his_place(house: House, autojump_clock: Clock) -> None:
    """He is matched with nobody."""
    async with hall(house, "ann", "bob") as here_:
        await here_.join("ann")
        await house.store.accounts.delete(who("ann"), house.clock.now())
        await house.revocations.read()
        await trio.sleep(1)
        assert isinstance(await here_.join("bob"), InQueue)


def test_properties_are_equal_whatever_their_order() -> None:
    """And differ where a value does."""
    one, other = JoinBody(properties={"a": 1, "b": 2}), JoinBody(properties={"b": 2, "a": 1})
    assert one.properties_text() == other.properties_text() != JoinBody().properties_text()
