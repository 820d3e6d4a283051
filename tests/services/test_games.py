"""Games at one node: from the first socket to the last word (wire.md 6), and every wrong word."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.events import Presence
from matchd.domain.games import DISPUTE, KEPT
from matchd.errors import (
    BadToken,
    Draining,
    GameOver,
    NotAPlayer,
    Refusal,
    UnknownGame,
)
from matchd.protocol.games import Matched
from matchd.services.admission import Presented
from matchd.services.games import GameRequest, game_request
from tests.house import PLAYER_ADDRESS, House
from tests.lobbies import lobby
from tests.play import DUEL, who
from tests.services.playing import Seat, hall

Clock = trio.testing.MockClock


def request(house: House, game: str, token: str) -> GameRequest:
    """What a socket asks for."""
    presented = Presented(f"/ws/game/{game}", PLAYER_ADDRESS, token)
    return game_request(presented, game, {})


async def test_a_whole_game(house: House, autojump_clock: Clock) -> None:
    """Each player is told every step, in its order, and the end is the last word."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        states = ["waiting_for_players", "waiting_for_ready", "active"]
        assert [frame["state"] for frame in ann.of("game_state")] == states
        assert ann.types[-4:] == ["player_ready", "player_ready", "game_state", "game_start"]
        ann.say("player_move", movement={"y": 1})
        bob.say("game_action", action="score", data={"left": 1})
        assert bob.last == {
            "type": "player_move",
            "user_id": who("ann"),
            "seq": 1,
            "movement": {"y": 1},
        }
        assert ann.last["data"] == {"left": 1}
        ann.finish(ann=3, bob=1)
        bob.finish(ann=3, bob=1)
        await trio.sleep(0.1)
        over = {
            "type": "game_over",
            "reason": "finished",
            "winner": who("ann"),
            "scores": {who("ann"): 3, who("bob"): 1},
            "requeued": False,
            "position": None,
        }
        assert ann.last == bob.last == over
        assert ann.closed == bob.closed == (4410, "the game is over")
        games, _ = await house.queue.history(house.player(who("bob")), None, 10)
        assert [(one.reason, one.winner) for one in games] == [("finished", who("ann"))]


async def test_ready_before_the_other_has_come_counts(house: House, autojump_clock: Clock) -> None:
    """A client that is ready at once need not say it twice."""
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann = await here.sit(game, "ann")
        ann.say("player_ready")
        ann.say("player_ready")
        await trio.sleep(0.1)
        bob = await here.sit(game, "bob")
        bob.say("player_ready")
        await trio.sleep(0.1)
        assert [len(seat.of("game_start")) for seat in (ann, bob)] == [1, 1]
        assert [one["user_id"] for one in ann.of("player_ready")] == [who("ann"), who("bob")]


async def test_only_players_come_in(house: House, autojump_clock: Clock) -> None:
    """Not others, not with another's token, not to games that are not there or are over."""
    async with hall(house, "ann", "bob", "eve") as here:
        ann, bob = await here.play("ann", "bob")
        game = ann.held.game_id
        for name, token, refusal in (
            (game, house.token(subject=who("eve")), NotAPlayer),
            ("nosuch", house.token(subject=who("ann")), UnknownGame),
            (game, "no.such.token", BadToken),
        ):
            with pytest.raises(refusal):
                await house.games.check(request(house, name, token))
            with pytest.raises(refusal):
                await house.games.enter(request(house, name, token), Seat(house, here.nursery))
        ann.finish(ann=1)
        bob.finish(ann=1)
        await trio.sleep(0.1)
        with pytest.raises(GameOver):
            await here.sit(game, "ann")
        await trio.sleep(KEPT + 1)
        with pytest.raises(UnknownGame):
            await here.sit(game, "ann")
    house.current.draining = True
    with pytest.raises(Draining):
        await house.games.check(request(house, game, house.token(subject=who("ann"))))


async def test_a_newer_socket_replaces_the_older(house: House, autojump_clock: Clock) -> None:
    """Moves go to the newer one, and nobody hears of it; the numbers of moves go on upwards."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        ann.say("player_move", movement=1)
        newer = await here.sit(ann.held.game_id, "ann")
        await trio.sleep(0.1)
        assert ann.closed == (4409, "replaced by a newer socket")
        bob.say("player_move", movement=2)
        newer.say("player_move", movement=3)
        assert newer.last["movement"] == 2
        first, second = bob.of("player_move")
        assert second["seq"] > first["seq"]
        assert "player_disconnected" not in bob.types


async def test_who_comes_back_in_time_goes_on(house: House, autojump_clock: Clock) -> None:
    """The other is told until when he is waited for, and that he is back."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await ann.leave()
        await trio.sleep(0.1)
        gone = bob.last
        assert (gone["type"], gone["user_id"]) == ("player_disconnected", who("ann"))
        assert gone["deadline"] == pytest.approx(house.clock.wall() + DUEL.grace, abs=2)
        await trio.sleep(DUEL.grace - 2)
        ann = await here.sit(ann.held.game_id, "ann")
        assert ann.frames[0]["state"] == "active"
        assert bob.last == {"type": "player_reconnected", "user_id": who("ann")}
        await trio.sleep(DUEL.grace)
        assert ann.closed is bob.closed is None


async def test_who_stays_away_forfeits(house: House, autojump_clock: Clock) -> None:
    """The other has won, and both may queue again at once."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await ann.leave()
        await trio.sleep(DUEL.grace + 1)
        assert (bob.last["reason"], bob.last["winner"]) == ("player_disconnected", who("bob"))
        await here.join("ann")
        assert isinstance(await here.join("bob"), Matched)


async def test_when_both_stay_away_nobody_wins(house: House, autojump_clock: Clock) -> None:
    """And both are free."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await ann.leave()
        await trio.sleep(5)
        await bob.leave()
        await trio.sleep(DUEL.grace + 1)
        games, _ = await house.queue.history(house.player(who("bob")), None, 10)
        assert [(one.reason, one.winner) for one in games] == [("player_disconnected", None)]


async def test_results_that_differ_are_a_dispute(house: House, autojump_clock: Clock) -> None:
    """After the time to agree; until then the last word of each counts."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        ann.finish(ann=1, bob=0)
        bob.finish(ann=0, bob=1)
        await trio.sleep(DISPUTE - 1)
        assert ann.closed is None
        await trio.sleep(2)
        assert (ann.last["reason"], ann.last["winner"]) == ("disputed", None)
        ann, bob = await here.play("ann", "bob")
        ann.finish(ann=1, bob=0)
        bob.finish(ann=0, bob=1)
        await trio.sleep(1)
        bob.finish(bob=0, ann=1)
        await trio.sleep(0.1)
        assert bob.last["reason"] == "finished"


async def test_a_result_waits_for_whoever_is_away(house: House, autojump_clock: Clock) -> None:
    """He may come back and agree; the dispute begins when he could."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await bob.leave()
        ann.finish(ann=1, bob=0)
        await trio.sleep(DISPUTE + 5)
        assert ann.closed is None
        bob = await here.sit(ann.held.game_id, "bob")
        await trio.sleep(DISPUTE - 1)
        bob.finish(ann=1, bob=0)
        await trio.sleep(0.1)
        assert ann.last["reason"] == "finished"


async def test_leaving_while_getting_ready_costs_the_leaver(
    house: House, autojump_clock: Clock
) -> None:
    """Who was ready and left is not ready; at the deadline he is the one who broke the match."""
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann, bob = await here.sit(game, "ann"), await here.sit(game, "bob")
        ann.say("player_ready")
        await trio.sleep(0.1)
        await ann.leave()
        bob.say("player_ready")
        await trio.sleep(DUEL.ready_timeout + 1)
        over = bob.of("game_over")[0]
        assert (over["reason"], over["requeued"]) == ("not_ready", True)
        with pytest.raises(Refusal, match="last match"):
            await here.join("ann")


WRONG = {
    "not json": "The message is not valid JSON.",
    '"text"': "`message`: expected",
    "[]": "`message`: expected",
    "{}": "`type` is missing.",
    '{"type":"fly"}': "`type`: invalid value 'fly'.",
    '{"type":"player_move"}': "`movement` is missing.",
    '{"type":"game_action","data":{}}': "`action` is missing.",
    '{"type":"game_action","action":""}': "`action`: expected",
    '{"type":"game_action","action":"finish","data":{}}': "`scores` is missing.",
    '{"type":"game_action","action":"finish","data":{"scores":{"u_ann":"1"}}}': "`scores[...]`: ",
    '{"type":"game_action","action":"finish","data":{"scores":{"u_ann":1e300}}}': "`scores[...]`: ",
    '{"type":"reauth","token":"x"}': "The token",
}


@pytest.mark.parametrize("text", WRONG)
async def test_wrong_words_are_answered(house: House, autojump_clock: Clock, text: str) -> None:
    """With what is wrong about them; the game goes on, and the other hears nothing."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        before = len(bob.frames)
        ann.held.receive(text)
        await trio.sleep(0.1)
        assert ann.last["type"] == "error"
        assert ann.last["code"] == ("bad_token" if "reauth" in text else "invalid_request")
        assert WRONG[text] in ann.last["error"]
        assert len(bob.frames) == before


async def test_a_flood_of_wrong_words_ends_the_socket(house: House, autojump_clock: Clock) -> None:
    """With 4400."""
    async with hall(house, "ann", "bob") as here:
        ann, _ = await here.play("ann", "bob")
        for _ in range(11):
            ann.held.refuse()
        assert ann.closed == (4400, "too many invalid messages")


async def test_foreign_scores_decide_nothing(house: House, autojump_clock: Clock) -> None:
    """A result names players of the game."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        ann.finish(eve=9)
        await trio.sleep(0.1)
        assert ann.last["code"] == "invalid_request"
        bob.finish(ann=1)
        await trio.sleep(0.1)
        assert bob.closed is None


@pytest.mark.parametrize(
    "words",
    [
        ("player_move", {"movement": 1}),
        ("game_action", {"action": "jump", "data": 1}),
        ("game_action", {"action": "finish", "data": {"scores": {}}}),
    ],
)
async def test_what_belongs_to_the_game_waits_for_it(
    house: House, autojump_clock: Clock, words: tuple[str, dict[str, object]]
) -> None:
    """Before it is active it is refused, in both states, and reaches nobody."""
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann = await here.sit(game, "ann")
        ann.say(words[0], **words[1])
        assert ann.last["code"] == "wrong_state"
        bob = await here.sit(game, "bob")
        before = len(bob.frames)
        ann.say(words[0], **words[1])
        assert ann.last["code"] == "wrong_state"
        assert len(bob.frames) == before


async def test_resync_tells_the_state(house: House, autojump_clock: Clock) -> None:
    """Whenever somebody asks."""
    async with hall(house, "ann", "bob") as here:
        ann, _ = await here.play("ann", "bob")
        ann.say("resync")
        assert (ann.last["type"], ann.last["state"]) == ("game_state", "active")


async def test_too_many_moves_end_one_socket_and_no_other(
    house: House, autojump_clock: Clock
) -> None:
    """A thousand in a second; the other got those that were in time, and goes on."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        for number in range(1000):
            ann.say("player_move", movement=number)
        assert ann.closed == (4429, "too many messages")
        await trio.sleep(0.1)
        assert 100 <= len(bob.of("player_move")) <= 130
        assert bob.closed is None
        assert bob.last["type"] == "player_disconnected"


async def test_a_logout_closes_the_socket(house: House, autojump_clock: Clock) -> None:
    """As it does everywhere; the game waits for him as for anybody."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await house.store.accounts.delete(who("ann"), house.clock.now())
        await house.revocations.read()
        await trio.sleep(0.1)
        assert ann.closed is not None
        assert ann.closed[0] == 4410
        assert bob.last["type"] == "player_disconnected"


async def test_a_drain_tells_and_closes(house: House, autojump_clock: Clock) -> None:
    """With 1012; the games are not over by it."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        await house.games.drain(2.0)
        assert ann.types[-1] == "going_away"
        assert ann.closed == bob.closed == (1012, "the server restarts")
        assert "game_over" not in ann.types


async def test_a_mode_that_is_gone_ends_no_game(house: House, autojump_clock: Clock) -> None:
    """Games go on by the mode that they began with; nobody new may play like that."""
    async with hall(house, "ann", "bob") as here:
        ann, bob = await here.play("ann", "bob")
        house.change(modes={})
        await ann.leave()
        await trio.sleep(DUEL.grace + 1)
        assert bob.last["reason"] == "player_disconnected"
        with pytest.raises(Refusal, match="no such mode"):
            await here.join("ann")


async def test_friends_see_who_plays(house: House, autojump_clock: Clock) -> None:
    """From the first socket until the game is over, and who is back in his lobby then."""
    async with hall(house, "ann", "bob") as here:
        placed: list[tuple[str, Presence]] = []
        house.games._changes._placed = lambda *now: placed.append(now)
        waiting = lobby("l1", "bob")
        await house.store.lobbies.change(waiting.id, lambda *_: waiting, house.clock.now())
        ann, bob = await here.play("ann", "bob")
        assert sorted(placed) == [(who("ann"), Presence.GAME), (who("bob"), Presence.GAME)]
        ann.finish(ann=1)
        bob.finish(ann=1)
        await trio.sleep(0.1)
        assert placed[2:] == [(who("ann"), Presence.ONLINE), (who("bob"), Presence.LOBBY)]
