"""What travels through the hub, and the table of statuses."""

from __future__ import annotations

import msgspec
import pytest

import matchd.errors  # noqa: F401  # a part of the tree
from matchd import errors
from matchd.domain.ids import Address, BookingId, HostId, NodeId, PeerId, Region
from matchd.protocol.news import (
    BookingMoved,
    Close,
    Ended,
    Frame,
    HostAway,
    HostHere,
    News,
    PlayerAway,
    PlayerHere,
    Promoted,
    Seat,
)
from matchd.protocol.statuses import STATUS

HERE = Address(NodeId("n1"), 7)
SEAT = Seat(PeerId("p"), HERE, BookingId("b"))


@pytest.mark.parametrize(
    "news",
    [
        Frame(b'{"a":1}'),
        Ended(Close.REPLACED, "replaced"),
        Ended(Close.GONE, "booking over", b"{}"),
        Frame(b"{}", HERE),
        HostHere(HERE, 1_715_620_000_700_000),
        HostAway(HERE),
        HostAway(HERE, returning=True),
        PlayerHere(SEAT, HostId("h"), Region("eu")),
        PlayerHere(Seat(PeerId("p"), HERE, None), None, None),
        PlayerAway(PeerId("p"), returning=True),
        PlayerAway(None, BookingId("b")),
        Promoted(HostId("h"), Region("eu"), (SEAT,), 1),
        BookingMoved(BookingId("b")),
    ],
)
def test_news_can_cross_nodes(news: News) -> None:
    """Every kind of news survives being sent to another node."""
    decoded: News = msgspec.json.decode(msgspec.json.encode(news), type=News)
    assert decoded == news


def test_close_codes() -> None:
    """The codes of ours mirror HTTP: 4000 plus a status that means the same."""
    ours = [code for code in Close if code >= 4000]
    assert len(ours) == 10
    assert all(400 <= code - 4000 <= 431 for code in ours)


def refusals(tree: type[errors.Refusal]) -> set[str]:
    """The codes of a class and of all below it."""
    return {tree.code}.union(*[refusals(kind) for kind in tree.__subclasses__()])


def test_every_refusal_has_a_status() -> None:
    """Each code of the tree has one row in the table, and each row a code."""
    assert refusals(errors.Refusal) - {"refused"} == set(STATUS)
    assert all(400 <= status <= 503 for status in STATUS.values())
