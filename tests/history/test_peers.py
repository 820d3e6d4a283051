"""The rule about what peers of a room hear: what it lets pass, and that it finds each disorder."""

from __future__ import annotations

from typing import Any

import pytest

from tests.history.peers import Ear, disorders, overtakings, present

NEW, LEFT = {"NewPeer": "b"}, {"PeerLeft": "b"}


def said(number: int, sender: str = "b") -> dict[str, Any]:
    """A numbered signal."""
    return {"Signal": {"sender": sender, "data": number}}


def ears(*heard: dict[str, Any], room: str = "r", began: float = 5.0) -> list[Ear]:
    """A peer that heard this, one that came later, and one that was there before."""
    return [
        Ear("a", "r", 0.0, 1.0, list(heard)),
        Ear("b", room, began, began + 1),
        Ear("old", "r", 0.5, 0.6),
    ]


def test_order() -> None:
    """Who is announced speaks in order and leaves; so does who was there before, unannounced."""
    heard = (NEW, said(1), said(7), LEFT, said(1, "old"), {"PeerLeft": "old"})
    assert disorders(ears(*heard)) == []
    assert disorders(ears(LEFT, began=0.9)) == []


@pytest.mark.parametrize(
    ("heard", "word"),
    [
        ((LEFT,), "before"),
        ((said(1),), "before"),
        ((NEW, NEW), "twice"),
        ((NEW, LEFT, NEW), "after it left"),
        ((NEW, LEFT, LEFT), "after it left"),
        ((NEW, LEFT, said(1)), "after it left"),
        ((NEW, said(2), said(2)), "said 2 after 2"),
        ((NEW, said(2), said(1)), "said 1 after 2"),
        (({"NewPeer": "unheard"}, {"NewPeer": "unheard"}), "twice"),
    ],
)
def test_disorder(heard: tuple[dict[str, Any], ...], word: str) -> None:
    """Each of them is found and named."""
    assert any(word in sentence for sentence in disorders(ears(*heard)))


def test_overtaking() -> None:
    """Whoever was in before another set out is announced before him; of those who came at once nobody
    is the first.
    """
    later = Ear("c", "r", 7.0, 8.0)
    others = ears(NEW, {"NewPeer": "c"})
    assert overtakings([*others, later]) == []
    assert overtakings([*ears({"NewPeer": "c"}, NEW), later]) == ["a: b was announced too late"]
    at_once = Ear("c", "r", 5.5, 5.7)
    assert overtakings([*ears({"NewPeer": "c"}, NEW), at_once]) == []


def test_borders() -> None:
    """Nothing is heard from another room."""
    assert "border" in disorders(ears(said(1), room="other"))[0]


def test_a_roster() -> None:
    """It tells who is there; who is not on it has left."""
    welcome = {"type": "welcome", "roster": [{"peerId": "old"}]}
    heard = (welcome, {"type": "peer-joined", "peerId": "b"}, welcome)
    assert disorders(ears(*heard)) == []
    assert "after it left" in disorders(ears(*heard, said(1)))[0]


def test_who_is_present() -> None:
    """Those before it and those announced, without those who left."""
    known = {ear.id: ear for ear in ears(NEW)}
    assert present(known["a"], known) == {"b", "old"}
    known = {ear.id: ear for ear in ears(NEW, LEFT)}
    assert present(known["a"], known) == {"old"}
