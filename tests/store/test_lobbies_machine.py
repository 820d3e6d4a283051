"""Any order of what people do in lobbies, on every backend, against an independent model: for each
lobby the line of who is in it.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from msgspec.structs import replace

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import LobbyId, NodeId
from matchd.domain.lobbies import IDLE, Lobby
from matchd.domain.lobby_lists import Change, Sought, key_of
from matchd.errors import GameStarted, LobbyFull, UnknownLobby
from matchd.store.ports import CodeTaken, DeadNode, Deed, Elsewhere
from tests.lobbies import NOW, here, lobby, member, who
from tests.store.any_order import StoreMachine, run_in_any_order
from tests.store.backends import BACKENDS

NAMES = ("ann", "bob", "cid", "dan")
LOBBIES = ("l1", "l2", "l3")
WHO, WHERE = st.sampled_from(NAMES), st.sampled_from(LOBBIES)
Outcome = Change | Elsewhere | CodeTaken | DeadNode


class Machine(StoreMachine):
    """Four people and three lobbies that may be there, against one backend."""

    def __init__(self) -> None:
        super().__init__()
        self.port, self.now = self.portal.store.lobbies, NOW
        self.do(lambda: self.portal.store.nodes.join(NodeId("n1"), "family", self.now))
        self.lines: dict[str, list[str]] = {}
        self.changes: list[Change] = []

    def change(self, where: str, deed: Deed) -> Outcome:
        """Do something in a lobby, and remember what it changed."""
        done = self.do(lambda: self.port.change(LobbyId(where), deed, self.now))
        if isinstance(done, Change) and done.after is not done.before:
            self.changes.append(done)
        return done

    def home(self, name: str) -> str | None:
        """Where somebody is in the model."""
        return next((where for where, line in self.lines.items() if name in line), None)

    # What people do.

    @rule(name=WHO, where=WHERE, private=st.booleans())
    def make(self, name: str, where: str, private: bool) -> None:
        """Somebody makes a lobby that is not there yet."""
        if where in self.lines:
            return
        made = lobby(where, name, max_players=3, is_private=private)

        def deed(before: Lobby | None, now: float) -> Lobby:
            assert before is None
            return replace(made, created_at=now, active_at=now)

        done, home = self.change(where, deed), self.home(name)
        assert (home is None) == isinstance(done, Change)
        if home is None:
            self.lines[where] = [name]
        else:
            assert done == Elsewhere(LobbyId(home))

    @rule(name=WHO, where=WHERE)
    def join(self, name: str, where: str) -> None:
        """Somebody comes in, or is elsewhere, or there is no lobby, no place, or a game."""
        line, home = self.lines.get(where), self.home(name)
        try:
            done = self.change(where, lambda before, now: deeds.join(before, member(name), now))
        except UnknownLobby:
            assert line is None
        except LobbyFull:
            assert line is not None
            assert len(line) == 3
        except GameStarted:
            assert line is not None
            assert name not in line
        else:
            assert line is not None
            assert isinstance(done, Change) == (home in (None, where))
            if home is None:
                line.append(name)

    @rule(name=WHO)
    def leave(self, name: str) -> None:
        """Somebody goes from where he is; the last one ends it."""
        home = self.home(name)
        if home is None:
            return

        def deed(before: Lobby | None, now: float) -> Lobby | None:
            assert before is not None
            return deeds.leave(before, who(name), now)

        assert isinstance(self.change(home, deed), Change)
        self.lines[home].remove(name)
        if not self.lines[home]:
            del self.lines[home]

    @rule(name=WHO)
    def connect(self, name: str) -> None:
        """Somebody's socket comes."""
        home = self.home(name)
        if home is None:
            return

        def deed(before: Lobby | None, now: float) -> Lobby:
            assert before is not None
            return deeds.connect(before, who(name), here(1, "n1"), now)

        assert isinstance(self.change(home, deed), Change)

    @rule(where=WHERE)
    def end(self, where: str) -> None:
        """A lobby ends."""
        self.change(where, lambda before, now: None)  # noqa: ARG005  # a deed's signature
        self.lines.pop(where, None)

    @rule(seconds=st.sampled_from((1.0, 31.0, IDLE)))
    def wait(self, seconds: float) -> None:
        """Time passes, and what is due is looked at."""
        self.now += seconds
        due = self.do(lambda: self.port.due(self.now, 10))
        assert due.bereft == ()
        for one in due.expired:
            done = self.change(one, _expire)
            assert isinstance(done, Change)
            assert done.after is not done.before
            if done.after is None:
                del self.lines[one]

    # What holds.

    @invariant()
    def all_agree(self) -> None:
        """Homes, members, lists and the log are those of the model, and no invariant is broken."""
        assert self.do(self.portal.store.violations) == ()
        for name in NAMES:
            found = self.do(lambda name=name: self.port.of(who(name)))  # type: ignore[misc]  # bound now
            assert (found and found.id) == self.home(name)
        page = self.do(lambda: self.port.page(Sought(every=True), None, 10))
        assert list(page) == sorted(page, key=key_of)
        lines = {one.id: [person.handle for person in one.members] for one in page}
        assert lines == self.lines
        log = self.do(lambda: self.port.log(0, 10_000))
        assert log.head == len(self.changes)
        forgotten = log.head - len(log.entries)
        assert [entry.change for entry in log.entries] == self.changes[forgotten:]


def _expire(before: Lobby | None, now: float) -> Lobby | None:
    return None if before is None else deeds.expire(before, now)


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_any_order(backend: str) -> None:
    """Whatever people do in whatever order, the store says what the model says."""
    run_in_any_order(Machine, backend)
