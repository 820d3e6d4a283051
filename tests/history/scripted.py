"""Histories written by hand: the clock stands where the script puts it.

Only tests import this module.
"""

from __future__ import annotations

from tests.history.record import (
    Asked,
    Call,
    Closed,
    Heard,
    History,
    Kind,
    Opened,
    Operation,
    Said,
    Side,
    Signal,
    Told,
)

OK = 200


class Script(History):
    """A history with short words for what clients see; calls take `took` seconds from `now` on."""

    def __init__(self, took: float = 0.1) -> None:
        super().__init__(lambda: self.now)
        self.now = 100.0
        self.took = took
        self._spoken: dict[str, int] = {}

    def add_call(self, operation: Operation, asked: Asked, told: Told | None) -> Call:
        """Add a call that begins now; the clock stands at its end afterwards."""
        call = Call(
            client="c",
            node="n1",
            operation=operation,
            asked=asked,
            begin=self.now,
            end=self.now + self.took,
            told=told,
        )
        self.now = call.end
        self.add(call)
        return call

    def found(self, booking: str, host: str = "h", *, key: str = "") -> Call:
        """Find: this booking of this host."""
        told = Told(status=OK, booking=booking, host=host)
        return self.add_call(Operation.FIND, Asked(key=key), told)

    def not_found(self, *, key: str = "") -> Call:
        """Find: nobody is free."""
        told = Told(status=404, code="no_host")
        return self.add_call(Operation.FIND, Asked(key=key), told)

    def looked(self, booking: str, state: str, cause: str = "", host: str = "h") -> Call:
        """Look: the booking is in this state."""
        told = Told(status=OK, booking=booking, host=host, state=state, cause=cause)
        return self.add_call(Operation.LOOK, Asked(booking=booking), told)

    def unknown(self, booking: str) -> Call:
        """Look: there is no such booking."""
        told = Told(status=404, code="unknown_booking")
        return self.add_call(Operation.LOOK, Asked(booking=booking), told)

    def released(self, booking: str, status: int = OK) -> Call:
        """Give a booking back."""
        return self.add_call(Operation.RELEASE, Asked(booking=booking), Told(status=status))

    def beat(self, host: str = "h", *, capacity: int = 1, room: str = "r", word: str = "") -> Call:
        """Beat."""
        asked = Asked(host=host, room=room, capacity=capacity, word=word)
        return self.add_call(Operation.BEAT, asked, Told(status=OK))

    def word(self, word: str, booking: str = "", host: str = "h", status: int = OK) -> Call:
        """Say busy or idle."""
        asked = Asked(host=host, word=word, booking=booking)
        return self.add_call(Operation.STATUS, asked, Told(status=status))

    def wrote(self, key: str, value: str | None, status: int = OK) -> Call:
        """Write a record."""
        return self.add_call(Operation.WRITE, Asked(key=key, value=value), Told(status=status))

    def reads(self, key: str, value: str | None) -> Call:
        """Read a record."""
        return self.add_call(Operation.READ, Asked(key=key), Told(status=OK, value=value))

    def opened(self, observer: str, me: str, side: Side, room: str = "r") -> None:
        """A socket is accepted."""
        opened = Opened(observer=observer, node="n1", at=self.now, room=room, me=me, side=side)
        self.add(opened)

    def closed(self, observer: str, code: int = 1000) -> None:
        """A socket ends."""
        self.add(Closed(observer=observer, at=self.now, code=code))

    def joined(self, observer: str, peer: str = "", booking: str = "") -> None:
        """A socket hears that a peer joined."""
        self._hear(
            Heard(observer=observer, at=self.now, kind=Kind.JOINED, peer=peer, booking=booking)
        )

    def left(self, observer: str, peer: str = "") -> None:
        """A socket hears that a peer left."""
        self._hear(Heard(observer=observer, at=self.now, kind=Kind.LEFT, peer=peer))

    def told(self, observer: str) -> None:
        """A socket hears something that concerns nobody else."""
        self._hear(Heard(observer=observer, at=self.now, kind=Kind.OTHER))

    def said(self, sender: str, to: str, room: str = "r") -> Signal:
        """A socket sends its next signal."""
        number = self._spoken[sender] = self._spoken.get(sender, 0) + 1
        signal = Signal(room=room, sender=sender, to=to, number=number)
        self.add(Said(observer=sender, at=self.now, signal=signal))
        return signal

    def heard(self, observer: str, signal: Signal, peer: str = "") -> None:
        """A socket hears a signal."""
        self._hear(
            Heard(observer=observer, at=self.now, kind=Kind.SIGNAL, peer=peer, signal=signal)
        )

    def _hear(self, heard: Heard) -> None:
        self.add(heard)
        self.now += 0.01


def meeting() -> Script:
    """A host `H` and a player `P` with booking `b` in room `r`, who have met."""
    script = Script()
    script.beat()
    script.found("b")
    script.opened("H", "h", Side.HOST)
    script.opened("P", "b", Side.PLAYER)
    script.joined("H", "p1", "b")
    script.joined("P")
    return script
