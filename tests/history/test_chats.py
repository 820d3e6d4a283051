"""The checker's property of chat: each message to each member once, in order."""

from __future__ import annotations

import pytest

from tests.history.checker import check
from tests.history.record import Event, Listening, Posted, Received, Stay
from tests.history.rules import Property

BROKEN = {Property.TALK}


class Room:
    """A history of one room, in short words; ann says `a`, `b`, … under 1, 2, …"""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._now = 0.0
        self._sockets = 0

    def said(self, text: str, seq: int | None, member: str = "ann") -> Room:
        """Somebody says something, and is told its number, or nothing."""
        self._now += 1
        self.events.append(Posted(member=member, text=text, at=self._now, seq=seq))
        return self

    def stays(self, member: str, after: int = 0, until: int | None = None) -> Room:
        """Somebody is in the room."""
        self.events.append(Stay(member=member, at=self._now, after=after, until=until))
        return self

    def hears(self, member: str, messages: str, *, first: int = 1, cursor: int = 0) -> Room:
        """A socket of somebody is sent one-letter messages, numbered from the first on."""
        self._now, self._sockets = self._now + 1, self._sockets + 1
        name = f"s{self._sockets}"
        self.events.append(Listening(member=member, socket=name, at=self._now, cursor=cursor))
        for seq, text in enumerate(messages, first):
            self.events.append(Received(socket=name, at=self._now, seq=seq, text=text))
        return self

    @property
    def broken(self) -> frozenset[Property]:
        """What does not hold."""
        return check(self.events).broken


def spoken() -> Room:
    """Ann has said a, b and c in a room of bob's."""
    return Room().said("a", 1).said("b", 2).said("c", 3).stays("bob")


def test_all_is_well() -> None:
    """What came in parts, or again because it was not acknowledged, came once."""
    assert not spoken().hears("bob", "abc").broken
    assert not spoken().hears("bob", "ab").hears("bob", "bc", first=2, cursor=1).broken
    assert not spoken().hears("bob", "").hears("bob", "abc").broken


@pytest.mark.parametrize(
    "room",
    [
        spoken(),
        spoken().hears("bob", "ab"),
        spoken().hears("bob", "a").hears("bob", "c", first=3, cursor=1),
    ],
    ids=["all", "the last one", "one in between"],
)
def test_lost(room: Room) -> None:
    """A member who was not sent what was acknowledged has lost it."""
    assert room.broken == BROKEN


def test_twice() -> None:
    """What he was known to have read does not come again, and nothing comes twice on one socket."""
    again = spoken().hears("bob", "abc").hears("bob", "bc", first=2, cursor=3)
    assert again.broken == BROKEN
    room = spoken().hears("bob", "abc")
    room.events.append(Received(socket="s1", at=9.0, seq=3, text="c"))
    assert room.broken == BROKEN


def test_disorder() -> None:
    """Numbers come one after the other, and a sender's in his order."""
    room = spoken().hears("bob", "abc").hears("bob", "c", first=3, cursor=2)
    room.events.append(Received(socket="s2", at=9.0, seq=2, text="b"))
    assert room.broken == BROKEN
    assert Room().said("a", 2).said("b", 1).stays("bob").hears("bob", "ba").broken == BROKEN


def test_a_message_is_one() -> None:
    """One number and one text for everybody, however often it was sent."""
    unknown = Room().said("a", None).said("a", 1).stays("bob")
    assert not unknown.hears("bob", "a").broken
    assert Room().said("a", 1).said("a", 2).stays("bob").hears("bob", "aa").broken == BROKEN
    assert unknown.hears("bob", "a", first=2, cursor=1).broken == BROKEN
    assert spoken().hears("bob", "abx").broken == BROKEN
    assert Room().said("a", 1).said("b", 1).stays("bob").hears("bob", "a").broken == BROKEN
    both = Room().said("a", None).said("b", None).hears("bob", "a").hears("cleo", "b")
    assert both.broken == BROKEN


def test_who_is_no_member() -> None:
    """Somebody is owed what was said while he was in the room, and no hole is one where he was not."""
    room = spoken().said("d", 4).stays("cleo", 0, 2).stays("cleo", 3)
    room.hears("bob", "abcd").hears("cleo", "a")
    assert room.broken == BROKEN
    assert not room.hears("cleo", "d", first=4, cursor=3).broken
    left = spoken().hears("bob", "abc").stays("cleo", 0, 3)
    assert not left.hears("cleo", "a").broken
    assert left.hears("cleo", "c", first=3).broken == BROKEN


def test_invented() -> None:
    """Nobody hears what nobody said; the server itself may say anything."""
    room = Room().stays("bob").hears("bob", "a")
    assert room.broken == BROKEN
    server = Room().stays("bob").hears("bob", "")
    server.events.append(Received(socket="s1", at=1.0, seq=1, text="hi", by_server=True))
    assert not server.broken
