"""Which tickets make a game (wire.md 6): the oldest that fit, and nothing that does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain import pairing
from matchd.domain.queue import Mode, Ticket, eta, requeued
from tests.play import DUEL, NOW, RATED, TEAMS, fresh, ticket, who


def names(group: tuple[Ticket, ...] | None) -> list[str] | None:
    """Who is in a group."""
    return None if group is None else [one.id for one in group]


def line(*tickets: Ticket) -> list[Ticket]:
    """Tickets, the oldest first."""
    return sorted(tickets, key=lambda one: one.joined_at)


def test_the_oldest_that_fits_is_met() -> None:
    """Not the oldest of all, where that does not fit."""
    mine = ticket("me", at=NOW + 9, region="eu")
    waiting = [
        ticket("us", at=NOW, region="us"),
        ticket("any", at=NOW + 1),
        ticket("eu", at=NOW + 2),
    ]
    assert names(pairing.join(DUEL, mine, [*waiting, mine], NOW + 9)) == ["any", "me"]


def test_nobody_meets_himself_or_nobody() -> None:
    """One ticket alone makes no game, unless it is as large as one."""
    mine = ticket("me")
    assert pairing.join(DUEL, mine, [mine], NOW) is None
    pair = ticket("ann", "bob")
    assert names(pairing.join(DUEL, pair, [pair], NOW)) == ["ann"]


def test_parties_are_not_torn_apart() -> None:
    """Two and two make four; one and two and two do not, and three have no room on a side of two
    beside a pair.
    """
    two, other, one = ticket("a", "b"), ticket("c", "d", at=NOW + 1), ticket("e", at=NOW + 2)
    assert names(pairing.join(TEAMS, other, [two, other], NOW)) == ["a", "c"]
    assert pairing.join(TEAMS, one, [two, one], NOW) is None
    last = ticket("f", at=NOW + 3)
    assert names(pairing.join(TEAMS, last, [two, one, last], NOW)) == ["a", "e", "f"]
    sides = pairing.seating(TEAMS, [two, one, last])
    assert sides is not None
    assert sides[who("a")] == sides[who("b")] != sides[who("e")] == sides[who("f")]


def test_a_party_larger_than_a_side_is_spread() -> None:
    """Three friends and one more still make a game of four."""
    three, one = ticket("a", "b", "c"), ticket("d")
    sides = pairing.seating(TEAMS, [three, one])
    assert sides is not None
    assert sorted(sides.values()) == ["left", "left", "right", "right"]


@pytest.mark.parametrize(
    ("waited", "apart", "meet"), [(0, 3, True), (0, 3.1, False), (10, 5, True)]
)
def test_ratings_may_be_so_far_apart(waited: float, apart: float, meet: bool) -> None:
    """Three at first, and two more after ten seconds of both."""
    one, other = ticket("a", mode=RATED, mu=20), ticket("b", mode=RATED, mu=20 + apart)
    found = pairing.join(RATED, one, [one, other], NOW + waited)
    assert (found is not None) is meet
    assert bool(pairing.sweep(RATED, [one, other], NOW + waited)) is meet


def test_who_is_kept_apart_is_not_put_together() -> None:
    """Neither two alone nor two of a team."""
    apart = {frozenset((who("a"), who("c")))}
    one, other, third = ticket("a"), ticket("c", at=NOW + 1), ticket("d", at=NOW + 2)
    assert names(pairing.join(DUEL, one, [one, other, third], NOW, apart)) == ["a", "d"]
    team = [ticket("a", "b"), ticket("c", "d"), ticket("e", "f", at=NOW + 1)]
    assert names(pairing.join(TEAMS, team[0], team, NOW, apart)) == ["a", "e"]


def test_a_long_line_that_does_not_fit_is_given_up() -> None:
    """Looking has an end, however many wait."""
    crowd = [ticket(f"p{n}", at=NOW + n, region=f"r{n}") for n in range(3000)]
    assert pairing.sweep(DUEL, crowd, NOW) == []


@st.composite
def lines(draw: st.DrawFn) -> tuple[Mode, list[Ticket]]:
    """A mode, and whoever waits for it."""
    mode = draw(st.sampled_from((DUEL, RATED, TEAMS)))
    sizes = draw(st.lists(st.integers(1, mode.players), max_size=12))
    waiting = [
        ticket(
            *(f"p{n}-{k}" for k in range(size)),
            at=NOW + n,
            mode=mode,
            mu=draw(st.floats(15, 35)),
            region=draw(st.sampled_from((None, "eu", "us"))),
        )
        for n, size in enumerate(sizes)
    ]
    return mode, waiting


@given(lines())
def test_every_group_is_a_game(drawn: tuple[Mode, list[Ticket]]) -> None:
    """As many players as the mode takes, everybody once, parties whole, one region, sides full; and
    when groups have left no two of a duel are there who might have met.
    """
    mode, waiting = drawn
    groups = pairing.sweep(mode, waiting, NOW + 60)
    taken = [one.id for group in groups for one in group]
    assert len(set(taken)) == len(taken)
    for group in groups:
        assert sum(one.size for one in group) == mode.players
        assert len({one.region for one in group} - {None}) <= 1
        sides = pairing.seating(mode, group)
        assert sides is not None
        assert {side: [*sides.values()].count(side) for side in mode.sides} == dict.fromkeys(
            mode.sides, mode.side_size
        )
    left = [one for one in waiting if one.id not in taken]
    assert all(pairing.join(mode, one, left, NOW + 60) is None for one in left)


def test_an_eta_follows_the_line() -> None:
    """Nothing is known at first; a line that stands still says so."""
    assert eta(1, [], NOW) is None
    assert eta(1, [NOW], NOW) is None
    assert eta(3, [NOW, NOW + 10], NOW + 20) == 30
    assert eta(3, [NOW, NOW + 10], NOW + 200) == 300
    assert eta(3, [NOW, NOW + 10], NOW + 2000) is None


def test_the_innocent_of_a_party_go_back() -> None:
    """As one ticket, as old as it was; nobody left makes none."""
    party = ticket("a", "b", "c")
    back = requeued(party, frozenset((who("b"),)), fresh())
    assert back is not None
    assert (back.accounts, back.joined_at) == ((who("a"), who("c")), party.joined_at)
    assert back.id != party.id
    assert requeued(ticket("a"), frozenset((who("a"),)), fresh()) is None
