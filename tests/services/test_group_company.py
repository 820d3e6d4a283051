"""Whom a peer has met: announced in the order they came, though news overtakes (wire.md 3)."""

from __future__ import annotations

from itertools import permutations

import pytest

from matchd.domain.groups import Group, Member
from matchd.domain.ids import Address, GroupId, NodeId, PeerId
from matchd.protocol.news import PeerCame, PeerSaid, PeerWent
from matchd.services.group_company import MOST_GONE, PATIENCE, Company, came

NOW = 100.0


def member(seq: int) -> Member:
    """The peer that came so late."""
    return Member(PeerId(f"p{seq}"), Address(NodeId("n1"), seq), seq=seq)


def words(seq: int) -> PeerSaid:
    """What a peer says."""
    return PeerSaid(PeerId(f"p{seq}"), 0, b"1")


def gone(seq: int) -> PeerWent:
    """A peer has left."""
    return PeerWent(PeerId(f"p{seq}"), "left")


def numbers(told: list[PeerCame]) -> list[int]:
    """Who is announced."""
    return [one.seq for one in told]


@pytest.fixture
def company() -> Company:
    """That of the third peer, who meets the first; the second has left."""
    made = Company()
    made.begin(member(3), (member(1),), 3)
    return made


@pytest.mark.parametrize("order", list(permutations((4, 5, 6))))
def test_newcomers_in_their_order(company: Company, order: tuple[int, ...]) -> None:
    """Whichever news is the first, once each."""
    told = [one for seq in order for one in company.come(came(member(seq)), NOW)]
    assert numbers(told) == [4, 5, 6]
    assert [company.come(came(member(seq)), NOW) for seq in order] == [[], [], []]
    assert set(company.met) == {"p1", "p4", "p5", "p6"}


def test_who_is_missing_is_not_waited_for_without_end(company: Company) -> None:
    """After two seconds the rest is announced, and he too when he comes after all."""
    assert company.come(came(member(5)), NOW) == []
    assert company.come(came(member(7)), NOW + 1) == []
    assert company.tend(NOW + PATIENCE - 0.1) == []
    assert numbers(company.tend(NOW + PATIENCE)) == [5, 7]
    assert numbers(company.come(came(member(4)), NOW + 3)) == [4]
    assert numbers(company.come(came(member(8)), NOW + 3)) == [8]


@pytest.mark.parametrize("first", [True, False])
def test_who_went_unannounced_is_not_waited_for(company: Company, *, first: bool) -> None:
    """His place in the order is known to be empty, and he is not announced later."""
    if first:
        assert company.go(gone(4)) == (False, [])
        assert numbers(company.come(came(member(5)), NOW)) == [5]
    else:
        assert company.come(came(member(5)), NOW) == []
        assert numbers(company.go(gone(4))[1]) == [5]
    assert company.come(came(member(4)), NOW) == []
    assert company.come(came(member(7)), NOW) == []


def test_who_leaves_while_held_back(company: Company) -> None:
    """Was never there; those behind him are announced in their turn."""
    for seq in (5, 6):
        assert company.come(came(member(seq)), NOW) == []
    assert company.go(gone(5)) == (False, [])
    assert numbers(company.come(came(member(4)), NOW)) == [4, 6]
    assert company.go(gone(6)) == (True, [])


def test_words_wait_with_who_said_them(company: Company) -> None:
    """And come behind his announcement."""
    assert not company.holds_back(words(1))
    company.come(came(member(5)), NOW)
    assert company.holds_back(words(5))
    assert company.words() == []
    company.come(came(member(4)), NOW)
    assert company.words() == [words(5)]
    assert company.words() == []


def test_the_store_knows_all(company: Company) -> None:
    """A comparison announces everybody, in order, and waits for nobody who came before it."""
    company.come(came(member(6)), NOW)
    there = {one.peer: one for one in map(member, (3, 5, 6))}
    group = Group(id=GroupId("g"), key="k", seq=8, members=there)
    assert numbers(company.compare(group, NOW)) == [5, 6]
    assert company.strangers(group) == ["p1"]
    assert numbers(company.come(came(member(9)), NOW)) == [9]


def test_the_last_who_have_gone_are_remembered(company: Company) -> None:
    """However many have; news of them that is older comes too late, and only so many are kept."""
    last = 5 * MOST_GONE
    for seq in range(4, last):
        company.come(came(member(seq)), NOW)
        assert company.go(gone(seq)) == (True, [])
        assert len(company._gone) <= 2 * MOST_GONE
    for seq in range(last - MOST_GONE, last):
        assert company.come(came(member(seq)), NOW) == []
    assert set(company.met) == {"p1"}
