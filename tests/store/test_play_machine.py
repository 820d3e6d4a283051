"""Any order of what happens to the queue and games, on every backend, against an independent model: who
stands where in the line, and who is in which game.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from msgspec.structs import replace

from matchd.domain.games import Game, Outcome, State, create, disconnect, finish, get_ready
from matchd.domain.games import Reason as Why
from matchd.domain.ids import GameId, NodeId, TicketId
from matchd.domain.played import GameChange
from matchd.domain.queue import LEASE, Ticket
from matchd.domain.verdicts import connect, expire
from matchd.errors import Refusal
from matchd.store.ports import Cooling, Paired, Queued, Seated, Stale
from tests.play import DUEL, NOW, fresh, socket, ticket, who
from tests.store.any_order import StoreMachine, run_in_any_order
from tests.store.backends import BACKENDS

NAMES = ("ann", "bob", "cid", "dan", "eve", "fay")
WHO = st.sampled_from(NAMES)


class Machine(StoreMachine):
    """Six people against one backend."""

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.games = self.portal.store.queue, self.portal.store.games
        self.now, self.numbers = NOW, itertools.count()
        self.do(lambda: self.portal.store.nodes.join(NodeId("n1"), "family", self.now))
        self.line: list[Ticket] = []
        self.playing: dict[str, Game] = {}
        self.guilty: set[str] = set()

    def waits(self, name: str) -> Ticket | None:
        """Somebody's ticket in the model."""
        return next((one for one in self.line if who(name) in one.accounts), None)

    # What happens.

    @rule(names=st.lists(WHO, min_size=1, max_size=2, unique=True))
    def enter(self, names: list[str]) -> None:
        """Somebody comes, or two as a party."""
        made = replace(ticket(*names, at=0.0), id=TicketId(f"t{next(self.numbers)}"))
        done = self.do(lambda: self.queue.enter(made, self.now, look=64, rated=False))
        taken = [name for name in names if self.waits(name) or name in self.playing]
        if taken:
            assert isinstance(done, Seated)
        elif isinstance(done, Cooling):
            assert done.account[2:] in self.guilty.intersection(names)
        else:
            assert isinstance(done, Queued)
            self.line.append(done.ticket)
            assert [one.id for one in done.line.tickets] == [one.id for one in self.line]
        self.now += 0.01

    @rule(name=WHO)
    def withdraw(self, name: str) -> None:
        """Somebody leaves."""
        mine = self.waits(name)
        assert self.do(lambda: self.queue.withdraw(who(name), self.now)) == mine
        if mine is not None:
            self.line.remove(mine)

    @rule(data=st.data())
    def pair(self, data: st.DataObject) -> None:
        """Two tickets are made a game, of which one may have gone."""
        gone = [replace(ticket("ann"), id=TicketId("gone"))]
        single = [one for one in self.line if one.size == 1] + gone
        group = data.draw(st.lists(st.sampled_from(single), max_size=2, unique_by=lambda t: t.id))
        if len(group) < 2:
            return
        made = create(GameId(f"g{next(self.numbers)}"), DUEL, tuple(group), self.now)
        done = self.do(lambda: self.queue.pair(made, self.now))
        if any(one.id == "gone" for one in group):
            assert done == Stale()
            return
        assert done == Paired(made, ())
        for one in group:
            self.line.remove(one)
            self.playing[one.accounts[0][2:]] = made

    def change(self, name: str, deed: Callable[[Game, float], Game | None]) -> None:
        """Do something in somebody's game."""
        made = self.playing.get(name)
        if made is None:
            return

        def act(before: Game | None, now: float) -> Game | None:
            return None if before is None else deed(before, now)

        try:
            done = self.do(lambda: self.games.change(made.id, act, self.now))
        except Refusal:
            return
        assert isinstance(done, GameChange)
        self.take(done)

    def take(self, done: GameChange) -> None:
        """Have the model follow a change."""
        if done.after is None or done.after is done.before:
            return
        names = [one.account[2:] for one in done.after.players]
        if not done.ended:
            self.playing.update(dict.fromkeys(names, done.after))
            return
        outcome = done.after.outcome
        assert outcome is not None
        for name in names:
            del self.playing[name]
        self.guilty.update(account[2:] for account in outcome.guilty)
        self.line = sorted([*self.line, *outcome.requeued], key=lambda one: one.joined_at)
        assert done.positions == {one.id: self.line.index(one) + 1 for one in outcome.requeued}

    @rule(name=WHO)
    def come(self, name: str) -> None:
        """Somebody comes to his game, and is ready."""
        seat = socket(next(self.numbers) + 1)
        self.change(
            name,
            lambda made, now: get_ready(connect(made, who(name), seat, now), who(name), seat, now),
        )

    @rule(name=WHO)
    def go(self, name: str) -> None:
        """Somebody's socket goes."""

        def leave(made: Game, now: float) -> Game:
            me = made.player(who(name))
            return (
                made
                if me is None or me.here is None
                else disconnect(made, me.account, me.here, now)
            )

        self.change(name, leave)

    @rule(name=WHO)
    def end(self, name: str) -> None:
        """A game that is active ends."""
        over = Outcome(reason=Why.FINISHED, winner=who(name))
        self.change(
            name, lambda made, now: finish(made, over, now) if made.state is State.ACTIVE else made
        )

    @rule(seconds=st.sampled_from((1.0, 31.0)))
    def wait(self, seconds: float) -> None:
        """Time passes, everybody who waits is renewed, and games that are due are looked at."""
        self.now += seconds
        self.do(lambda: self.queue.renew([who(name) for name in NAMES], self.now))
        self.look()

    @rule()
    def lapse(self) -> None:
        """Nobody gives a sign for a minute, and more: cooldowns of the first match are over too."""
        self.now += LEASE + 1
        lapsed = self.do(lambda: self.queue.lapse(10, self.now))
        assert sorted(one.id for one in lapsed) == sorted(one.id for one in self.line)
        self.line.clear()
        self.look()

    def look(self) -> None:
        """What is due happens."""
        for _ in range(9):
            due = self.do(lambda: self.games.due(10, self.now))
            assert due.bereft == ()
            if not due.expired:
                return
            for one in due.expired:

                def act(before: Game | None, now: float) -> Game | None:
                    return None if before is None else expire(before, now, fresh)

                done = self.do(lambda one=one, act=act: self.games.change(one, act, self.now))  # type: ignore[misc]  # bound now
                assert isinstance(done, GameChange)
                assert done.after is not done.before
                self.take(done)

    # What holds.

    @invariant()
    def all_agree(self) -> None:
        """Everybody stands where the model says, once, and no invariant is broken."""
        assert self.do(self.portal.store.violations) == ()
        for name in NAMES:
            stand = self.do(lambda name=name: self.queue.stand(who(name), self.now))  # type: ignore[misc]  # bound now
            mine, made = self.waits(name), self.playing.get(name)
            assert stand.game == made
            assert (stand.place and stand.place.ticket) == mine
            if stand.place is not None and mine is not None:
                at = self.line.index(mine) + 1
                assert (stand.place.position, stand.place.size) == (at, len(self.line))


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_any_order(backend: str) -> None:
    """Whatever happens in whatever order, the store says what the model says."""
    run_in_any_order(Machine, backend)
