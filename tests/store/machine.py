"""The steps that Hypothesis takes in any order, and the model that follows them. Hosts' half.

`House` checks the store's own invariants after each step; `Model` judges what happened.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from matchd.domain.bookings import Terms
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Status
from matchd.store.ports import Beaten, RoomConflict
from tests.store.backends import BACKENDS
from tests.store.house import LEASES, House
from tests.store.model import Model, ModelHost, Step
from tests.store.portal import Portal

_T = TypeVar("_T")

HOSTS = st.sampled_from(["h1", "h2", "h3"])
GAMES = st.sampled_from([None, None, "go", "chess"])
ANY = st.integers(0, 10**6)
"""An index into whatever there is by then."""


@dataclass(frozen=True)
class Said:
    """What a heartbeat says: `used` slots of its capacity (None: silent), `about` which booking."""

    status: Status | None
    region: str
    capacity: int
    used: int | None
    game: str | None
    room: str | None
    about: int | None

    @property
    def slots(self) -> int | None:
        """The slots it reports as free."""
        return None if self.used is None else max(0, self.capacity - self.used)


SAID = st.builds(
    Said,
    status=st.sampled_from([None, Status.IDLE, Status.BUSY]),
    region=st.sampled_from(["eu", "us"]),
    capacity=st.integers(1, 3),
    used=st.none() | st.integers(0, 3),
    game=GAMES,
    room=st.sampled_from([None] * 6 + ["r1", "r2", "r3"]),
    about=st.none() | ANY,
)


class HostMachine(RuleBasedStateMachine):
    """Hosts in any order, against one backend."""

    backend = ""

    @initialize(seed=st.integers(0, 2**32), said=st.lists(SAID, max_size=3))
    def opens(self, seed: int, said: list[Said]) -> None:
        """A store with up to three hosts."""
        factory = BACKENDS[self.backend]
        self.portal = Portal(factory(LEASES, Terms(), random.Random(seed)))
        self.house = House(self.portal.store)
        self.portal.run(self.house.join)
        self.model = Model(self.house.now)
        for number, beat in enumerate(said, 1):
            self.beat(f"h{number}", beat)

    def do(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Run one call a moment later."""
        self.house.now += 0.001
        answer = self.portal.run(call)
        self.model.now = self.house.now
        return answer

    def learn(self, happenings: Iterable[Happening]) -> None:
        """Let the model judge."""
        self.model.learn(happenings)

    def a_booking(self, index: int | None, *states: str) -> str | None:
        """One of the bookings in these states (any: of all), or None."""
        bookings = self.model.bookings.items()
        keys = [key for key, booking in bookings if not states or booking.state in states]
        return keys[index % len(keys)] if keys and index is not None else None

    @rule(name=HOSTS, said=SAID)
    def beat(self, name: str, said: Said) -> None:
        """A heartbeat of any content, in its own room or somebody's."""
        room = said.room or name.replace("h", "r")
        named = self.a_booking(said.about, "held", "connected")
        answer = self.do(
            lambda: self.house.beat(
                name,
                said.status,
                room=room,
                region=said.region,
                capacity=said.capacity,
                slots=said.slots,
                booking=named,
                game=said.game,
                network=f"net-{name}",
            )
        )
        if isinstance(answer, RoomConflict):
            holders = [k for k, h in self.model.hosts.items() if h.room == room and k != name]
            assert not self.model.lost(holders[0])
        else:
            self._taken(name, room, named, said, answer)

    def _taken(self, name: str, room: str, named: str | None, said: Said, answer: Beaten) -> None:
        """Count the report, after the lost were cleared away as by a sweep."""
        model, news = self.model, list(answer.happenings)
        model.step = Step("clear")
        holders = [k for k, h in model.hosts.items() if h.room == room and k != name]
        for key in [name, *holders]:
            if key in model.hosts and model.lost(key):
                count = len(model.live(key)) + 1
                self.learn(news[:count])
                del news[:count]
        report = ModelHost(
            room=room,
            region=said.region,
            game=said.game,
            capacity=said.capacity,
            slots=said.slots,
            seen_at=model.now,
        )
        busy = None if said.status is None else said.status is Status.BUSY
        model.report(name, report, busy, named)
        self.learn(news)

    @precondition(lambda self: bool(self.model.hosts))
    @rule(name=HOSTS, status=st.sampled_from([Status.IDLE, Status.BUSY]), about=st.none() | ANY)
    def say(self, name: str, status: Status, about: int | None) -> None:
        """A status word, about one booking or the host."""
        named = self.a_booking(about, "held", "connected")
        moved = self.do(lambda: self.house.say(status, named, name))
        assert (moved is None) == (name not in self.model.hosts or self.model.lost(name))
        if moved is not None:
            self.model.word(name, named, busy=status is Status.BUSY)
            self.learn(moved.happenings)

    @precondition(lambda self: len(self.model.hosts) > 1)
    @rule(name=HOSTS)
    def goodbye(self, name: str) -> None:
        """A host leaves."""
        self.model.step = Step("goodbye", name)
        moved = self.do(lambda: self.house.goodbye(name))
        assert (moved is None) == (name not in self.model.hosts)
        self.learn(() if moved is None else moved.happenings)
