"""The machine of games in any order of deeds (wire.md 6), against what has to hold in every state."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from matchd.domain.games import (
    DISPUTE,
    KEPT,
    Game,
    Reason,
    State,
    Verb,
    bereave,
    disconnect,
    get_ready,
    permit,
    restored,
)
from matchd.domain.ids import NodeId
from matchd.domain.played import history_of, nodes_of, pack, unpack_game
from matchd.domain.queue import Mode
from matchd.domain.verdicts import connect, expire, report
from matchd.errors import GameOver, InvalidRequest, NotAPlayer, Refusal, Untimely
from tests.play import DUEL, NOW, RATED, TEAMS, fresh, game, socket, ticket, who

ANN, BOB = who("ann"), who("bob")


def active(mode: Mode = DUEL) -> Game:
    """Ann (socket 1) and bob (socket 2) play."""
    made = game(ticket("ann"), ticket("bob"), mode=mode)
    for number, name in enumerate((ANN, BOB), 1):
        made = connect(made, name, socket(number), NOW)
        made = get_ready(made, name, socket(number), NOW)
    assert made.state is State.ACTIVE
    return made


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", list(State))
def test_what_may_be_done_when(state: State, verb: Verb) -> None:
    """The table, once more: nobody plays before the start, nothing is done after the end."""
    made = _in(state)
    allowed = state is not State.FINISHED and (
        verb in (Verb.CONNECT, Verb.READY) or state is State.ACTIVE
    )
    if allowed:
        assert permit(made, ANN, verb).account == ANN
    else:
        with pytest.raises(GameOver if state is State.FINISHED else Untimely):
            permit(made, ANN, verb)
    with pytest.raises(NotAPlayer):
        permit(made, who("eve"), verb)


def _in(state: State) -> Game:
    made = game()
    if state is State.READYING:
        made = connect(connect(made, ANN, socket(1), NOW), BOB, socket(2), NOW)
    elif state is State.ACTIVE:
        made = active()
    elif state is State.FINISHED:
        ended = expire(made, NOW + DUEL.join_timeout, fresh)
        assert ended is not None
        made = ended
    assert made.state is state
    return made


def test_an_old_socket_has_no_say() -> None:
    """Once it was replaced: it is not ready, reports nothing, and its end means nothing."""
    made = connect(active(), ANN, socket(3), NOW)
    assert disconnect(made, ANN, socket(1), NOW) is made
    with pytest.raises(Untimely):
        get_ready(made, ANN, socket(1), NOW)
    with pytest.raises(Untimely):
        report(made, ANN, socket(1), {ANN: 1}, NOW)


def test_a_forfeit_is_for_good() -> None:
    """Whoever forfeited does not come back, also while the others play on."""
    made = game(*(ticket(name) for name in "abcd"), mode=TEAMS)
    for number, name in enumerate("abcd"):
        made = connect(made, who(name), socket(number), NOW)
        made = get_ready(made, who(name), socket(number), NOW)
    made = disconnect(made, who("a"), socket(0), NOW)
    later = expire(made, NOW + TEAMS.grace, fresh)
    assert later is not None
    assert later.state is State.ACTIVE
    with pytest.raises(GameOver):
        connect(later, who("a"), socket(9), NOW)
    for number, name in enumerate("bcd", 1):
        later = report(later, who(name), socket(number), {who("a"): 1, who("b"): 5}, NOW)
    assert later.outcome is not None
    assert later.outcome.reason is Reason.FINISHED


def test_the_last_one_wins_only_by_being_there() -> None:
    """Both are away, one forfeits: the other has won once he is back, and if he is not, nobody has."""
    made = disconnect(active(), ANN, socket(1), NOW)
    made = disconnect(made, BOB, socket(2), NOW + 5)
    waiting = expire(made, NOW + DUEL.grace, fresh)
    assert waiting is not None
    assert waiting.state is State.ACTIVE
    back = connect(waiting, BOB, socket(3), NOW + DUEL.grace + 1)
    assert back.outcome is not None
    assert (back.outcome.reason, back.outcome.winner) == (Reason.LEFT, BOB)
    gone = expire(waiting, NOW + DUEL.grace + 5, fresh)
    assert gone is not None
    assert gone.outcome is not None
    assert (gone.outcome.winner, gone.outcome.ratings) == (None, ())


@pytest.mark.parametrize(
    ("scores", "winner", "better"),
    [({ANN: 2, BOB: 1}, ANN, ANN), ({ANN: 1, BOB: 2}, BOB, BOB), ({ANN: 1, BOB: 1}, None, "")],
)
def test_who_wins_is_rated_higher(
    scores: dict[str, float], winner: str | None, better: str
) -> None:
    """By the sums of the sides; a draw of equals moves nobody."""
    made = report(active(RATED), ANN, socket(1), scores, NOW)
    made = report(made, BOB, socket(2), scores, NOW)
    assert made.outcome is not None
    assert made.outcome.winner == winner
    ratings = {account: rating.mu for account, rating in made.outcome.ratings}
    if not better:
        assert ratings[ANN] == pytest.approx(ratings[BOB])
    else:
        assert max(ratings, key=lambda one: ratings[one]) == better


def test_a_dispute_rates_nobody() -> None:
    """And comes only when the time to agree is over."""
    made = report(active(RATED), ANN, socket(1), {ANN: 2}, NOW)
    made = report(made, BOB, socket(2), {BOB: 2}, NOW + 3)
    assert expire(made, NOW + DISPUTE - 1, fresh) is made
    over = expire(made, NOW + DISPUTE, fresh)
    assert over is not None
    assert over.outcome is not None
    assert (over.outcome.reason, over.outcome.ratings) == (Reason.DISPUTED, ())


def test_a_report_names_players() -> None:
    """Of this game."""
    with pytest.raises(InvalidRequest):
        report(active(), ANN, socket(1), {who("eve"): 1}, NOW)


def test_a_restart_gives_everybody_his_time_again() -> None:
    """Whoever played has his grace, from the restart on."""
    made = restored(active(), 1000.0, NOW + 1000)
    assert all(one.here is None for one in made.players)
    assert made.deadline == NOW + 1000 + DUEL.grace
    assert made.started_at == NOW + 1000


class AnyOrder(RuleBasedStateMachine):
    """Players come, leave, get ready, report; nodes die; time passes."""

    @initialize(mode=st.sampled_from((DUEL, TEAMS, RATED)), parties=st.booleans())
    def begin(self, mode: Mode, parties: bool) -> None:
        """A new game."""
        names = [f"p{number}" for number in range(mode.players)]
        groups = [names[:2], *([one] for one in names[2:])] if parties else [[one] for one in names]
        self.game: Game | None = game(*(ticket(*group, mode=mode) for group in groups), mode=mode)
        self.now, self.sockets = NOW, 0
        self.seen = [self.game.state]

    def _do(self, deed: object, *given: object) -> None:
        assert callable(deed)
        if self.game is None:
            return
        before = pack(self.game)
        try:
            after = deed(self.game, *given)
        except Refusal:
            assert pack(self.game) == before
            return
        self.game = after
        if after is not None and after.state is not self.seen[-1]:
            self.seen.append(after.state)

    @rule(number=st.integers(0, 3), node=st.sampled_from(("n1", "n2")))
    def come(self, number: int, node: str) -> None:
        """A socket comes."""
        self.sockets += 1
        self._do(connect, who(f"p{number}"), socket(self.sockets, node), self.now)

    @rule(number=st.integers(0, 3))
    def go(self, number: int) -> None:
        """A socket goes."""
        player = self.game and self.game.player(who(f"p{number}"))
        if player and player.here:
            self._do(disconnect, player.account, player.here, self.now)

    @rule(number=st.integers(0, 3))
    def ready(self, number: int) -> None:
        """Somebody is ready."""
        player = self.game and self.game.player(who(f"p{number}"))
        if player and player.here:
            self._do(get_ready, player.account, player.here, self.now)

    @precondition(lambda self: self.game is not None)
    @rule()
    def all_come(self) -> None:
        """Everybody comes and is ready."""
        for number in range(4):
            self.come(number, "n1")
            self.ready(number)

    @rule(number=st.integers(0, 3), score=st.integers(0, 2))
    def say(self, number: int, score: int) -> None:
        """Somebody reports."""
        player = self.game and self.game.player(who(f"p{number}"))
        if player and player.here:
            self._do(report, player.account, player.here, {who("p0"): score}, self.now)

    @rule(node=st.sampled_from(("n1", "n2")))
    def die(self, node: str) -> None:
        """A node dies."""
        self._do(bereave, NodeId(node), self.now)
        assert self.game is None or NodeId(node) not in nodes_of(self.game)

    @rule(seconds=st.sampled_from((1, 9, 11, 31, KEPT + 1)))
    def wait(self, seconds: float) -> None:
        """Time passes, and what is due happens."""
        self.now += seconds
        for _ in range(9):
            if self.game is None or self.game.deadline is None or self.game.deadline > self.now:
                return
            before = self.game
            self._do(expire, self.now, fresh)
            assert self.game is not before, "what is due has to happen"

    @invariant()
    def holds(self) -> None:
        """What is true of every game."""
        order = list(State)
        assert [order.index(state) for state in self.seen] == sorted(map(order.index, self.seen))
        if self.game is None:
            return
        assert unpack_game(pack(self.game)) == self.game
        finished = self.game.state is State.FINISHED
        assert (self.game.outcome is not None) is finished
        if self.game.state is State.ACTIVE:
            assert all(one.ready for one in self.game.players)
            assert all(
                (one.here is None) == (one.away_until is not None) for one in self.game.standing
            )
            assert len({one.side for one in self.game.standing}) >= 1
        if finished and self.game.outcome is not None:
            self._holds_at_the_end(self.game)

    def _holds_at_the_end(self, made: Game) -> None:
        outcome = made.outcome
        assert outcome is not None
        back = [account for one in outcome.requeued for account in one.accounts]
        if made.started_at is None:
            everybody = sorted(one.account for one in made.players)
            assert sorted([*back, *outcome.guilty]) == everybody
            assert outcome.guilty
            assert history_of(made) is None
        else:
            assert (back, outcome.guilty) == ([], ())
        if outcome.reason in (Reason.DISPUTED, Reason.NOT_JOINED, Reason.NOT_READY):
            assert (outcome.winner, outcome.ratings) == (None, ())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
