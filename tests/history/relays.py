"""Small relays in memory: one that is right, and mutants that are each wrong in one way.

A relay seats sockets in rooms, tells who comes and goes, and passes signals on. `Switchboard` makes a
history of it by a seed: hosts and players who come, talk and leave. The clock counts steps.
Only tests import this module.
"""

from __future__ import annotations

import itertools
import random

from tests.history.record import (
    Closed,
    Heard,
    History,
    Kind,
    Opened,
    Said,
    Side,
    Signal,
)


class Relay:
    """The relay that is right. A room has a host and any number of players, named by their sockets."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.rooms: dict[str, list[Opened]] = {}

    def enter(self, opened: Opened) -> None:
        """Seat a socket and introduce it to the other side."""
        self.history.add(opened)
        for other in self.across(opened):
            self.introduce(opened, other)
            self.introduce(other, opened)
        self.rooms.setdefault(opened.room, []).append(opened)

    def introduce(self, ear: Opened, peer: Opened) -> None:
        """Tell that a peer is here."""
        self.tell(ear, Kind.JOINED, peer)

    def leave(self, opened: Opened) -> None:
        """Take a socket out and tell the other side."""
        self.history.add(Closed(observer=opened.observer, at=self.history.clock(), code=1000))
        self.rooms[opened.room].remove(opened)
        for other in self.across(opened):
            self.part(other, opened)

    def part(self, ear: Opened, peer: Opened) -> None:
        """Tell that a peer is gone."""
        self.tell(ear, Kind.LEFT, peer)

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass a signal on."""
        self.tell(ear, Kind.SIGNAL, mouth, signal)

    def across(self, opened: Opened) -> list[Opened]:
        """The other side of a room."""
        return [item for item in self.rooms.get(opened.room, []) if item.side is not opened.side]

    def tell(self, ear: Opened, kind: Kind, peer: Opened, signal: Signal | None = None) -> None:
        """Have a socket hear something; a player's opposite has no name."""
        named = ear.side is Side.HOST
        self.history.add(
            Heard(
                observer=ear.observer,
                at=self.history.clock(),
                kind=kind,
                peer=peer.observer if named else "",
                booking=peer.me if named and kind is Kind.JOINED else "",
                signal=signal,
            )
        )


class Swapping(Relay):
    """Every fifth signal goes to the same side of another room."""

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass a signal on, to the wrong room at times."""
        others = [
            item
            for room, sockets in self.rooms.items()
            for item in sockets
            if room != ear.room and item.side is ear.side
        ]
        wrong = signal.number % 5 == 0 and others
        super().relay(mouth, others[0] if wrong else ear, signal)


class Broadcasting(Relay):
    """What a host says to one player reaches them all."""

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass a signal on to everybody across, whom it is for in the end."""
        for other in self.across(mouth):
            if other is not ear:
                super().relay(mouth, other, signal)
        super().relay(mouth, ear, signal)


class Duplicating(Relay):
    """A retry sends what had arrived."""

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass a signal on, every seventh twice."""
        super().relay(mouth, ear, signal)
        if signal.number % 7 == 0:
            super().relay(mouth, ear, signal)


class Reordering(Relay):
    """Two workers carry the signals of one sender."""

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._waiting: dict[str, tuple[Opened, Opened, Signal]] = {}

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass a signal on, every third only behind the next one."""
        if signal.number % 3 == 0:
            self._waiting[mouth.observer] = (mouth, ear, signal)
            return
        super().relay(mouth, ear, signal)
        late = self._waiting.pop(mouth.observer, None)
        if late is not None and late[1] in self.across(mouth):
            super().relay(*late)


class LeftFirst(Relay):
    """News of one peer comes by two ways, and the later one is faster."""

    def introduce(self, ear: Opened, peer: Opened) -> None:
        """Tell a host nothing when a player comes."""
        if ear.side is Side.PLAYER:
            super().introduce(ear, peer)

    def part(self, ear: Opened, peer: Opened) -> None:
        """Tell a host that a player left, and then that he came."""
        super().part(ear, peer)
        if ear.side is Side.HOST:
            super().introduce(ear, peer)


class CleaningTwice(Relay):
    """Two sweepers clean up after the same node."""

    def part(self, ear: Opened, peer: Opened) -> None:
        """Tell twice that a peer is gone."""
        super().part(ear, peer)
        super().part(ear, peer)


class Introducing(Relay):
    """A resync tells again who is here."""

    def enter(self, opened: Opened) -> None:
        """Introduce everybody whenever somebody comes."""
        super().enter(opened)
        if opened.side is Side.PLAYER:
            for host in self.across(opened):
                for player in self.across(host):
                    self.introduce(host, player)


class Inventing(Relay):
    """A buffer is used again before it was sent."""

    def relay(self, mouth: Opened, ear: Opened, signal: Signal) -> None:
        """Pass on another number."""
        wrong = signal.number % 5 == 0
        number = signal.number + 1000 if wrong else signal.number
        made = Signal(room=signal.room, sender=signal.sender, to=signal.to, number=number)
        super().relay(mouth, ear, made)


class Deaf(Relay):
    """Signals are still delivered when the peer has been told gone."""

    def leave(self, opened: Opened) -> None:
        """Take a socket out, and pass on what it had said last."""
        super().leave(opened)
        for other in self.across(opened)[:1]:
            number = 10_000
            signal = Signal(room=opened.room, sender=opened.observer, to=other.me, number=number)
            self.history.add(Said(observer=opened.observer, at=self.history.clock(), signal=signal))
            self.tell(other, Kind.SIGNAL, opened, signal)


class Switchboard:
    """Hosts and players at a relay, moved by a seed."""

    def __init__(self, kind: type[Relay], seed: int) -> None:
        steps = itertools.count(1)
        self.history = History(lambda: float(next(steps)))
        self.relay = kind(self.history)
        self._rng = random.Random(seed)
        self._open: list[Opened] = []
        self._numbers: dict[str, int] = {}
        self._names = itertools.count(1)

    def run(self, steps: int) -> None:
        """Make so many steps."""
        for room in ("r0", "r1", "r2"):
            self._enter(room, Side.HOST)
        for _ in range(steps):
            chance = self._rng.random()
            if chance < 0.2 or len(self._open) < 6:
                self._enter(self._rng.choice(("r0", "r1", "r2")), Side.PLAYER)
            elif chance < 0.3:
                self._leave()
            else:
                self._talk(self._rng.choice(self._open))

    def _enter(self, room: str, side: Side) -> None:
        name = f"s{next(self._names)}"
        me = f"host-{room}" if side is Side.HOST else f"booking-{name}"
        opened = Opened(
            observer=name, node="n1", at=self.history.clock(), room=room, me=me, side=side
        )
        self._open.append(opened)
        self.relay.enter(opened)

    def _leave(self) -> None:
        players = [item for item in self._open if item.side is Side.PLAYER]
        gone = self._rng.choice(players)
        self._open.remove(gone)
        self.relay.leave(gone)

    def _talk(self, mouth: Opened) -> None:
        across = self.relay.across(mouth)
        if not across:
            return
        ear = self._rng.choice(across)
        number = self._numbers[mouth.observer] = self._numbers.get(mouth.observer, 0) + 1
        signal = Signal(room=mouth.room, sender=mouth.observer, to=ear.me, number=number)
        self.history.add(Said(observer=mouth.observer, at=self.history.clock(), signal=signal))
        self.relay.relay(mouth, ear, signal)
