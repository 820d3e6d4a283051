"""The friendship table: every pair of edges, every verb, and any order of them (wire.md 4)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.friends import Edge, Standing, Tie, Verb, blocks, change

NOTHING, WANTS, BLOCKS = Edge.NOTHING, Edge.WANTS, Edge.BLOCKS
TIES = [Tie(*edges) for edges in itertools.product(Edge, Edge)]
STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(Verb)), max_size=12)


def done(*steps: tuple[str, Verb]) -> Tie:
    """What `a` and `b` did one after the other, as a looks at it; what is refused changes nothing."""
    tie = Tie()
    for who, verb in steps:
        seen = tie if who == "a" else tie.turned
        after = change(seen, verb) or seen
        tie = after if who == "a" else after.turned
    return tie


@pytest.mark.parametrize(
    ("tie", "mine", "theirs"),
    [
        (Tie(), "none", "none"),
        (Tie(WANTS), "outgoing", "incoming"),
        (Tie(WANTS, WANTS), "friend", "friend"),
        (Tie(BLOCKS), "blocked", "none"),
        (Tie(BLOCKS, WANTS), "blocked", "outgoing"),
        (Tie(BLOCKS, BLOCKS), "blocked", "blocked"),
    ],
)
def test_what_each_is_shown(tie: Tie, mine: str, theirs: str) -> None:
    """Each is shown what he and the other want, and of a block only his own."""
    assert (tie.standing.value, tie.turned.standing.value) == (mine, theirs)


def test_crossing_requests() -> None:
    """Two who ask each other are friends, and so are one who asks and one who accepts."""
    assert done(("a", Verb.ASK), ("b", Verb.ASK)) == Tie(WANTS, WANTS)


def test_deleting_takes_both_edges() -> None:
    """Ending a friendship, declining and withdrawing leave nothing on either side."""
    friends = (("a", Verb.ASK), ("b", Verb.ASK))
    assert done(*friends, ("b", Verb.DELETE)).empty
    assert done(("a", Verb.ASK), ("b", Verb.DELETE)).empty
    assert done(("a", Verb.ASK), ("a", Verb.DELETE)).empty


def test_blocking_a_friend_looks_like_a_deletion() -> None:
    """Whom a friend blocks is shown nothing, as if the friend had deleted him."""
    friends = (("a", Verb.ASK), ("b", Verb.ASK))
    assert done(*friends, ("b", Verb.BLOCK)).standing is Standing.NONE
    assert done(*friends, ("b", Verb.DELETE)).standing is Standing.NONE


def test_a_request_stays_under_a_block() -> None:
    """A request to somebody who blocks is shown as one, and is there when he unblocks."""
    blocked = (("b", Verb.BLOCK), ("a", Verb.ASK))
    assert done(*blocked).standing is Standing.OUTGOING
    assert done(*blocked).turned.standing is Standing.BLOCKED
    assert done(*blocked, ("b", Verb.UNBLOCK)).turned.standing is Standing.INCOMING


def test_nobody_unblocks_himself() -> None:
    """Deleting does not take the other's block away, nor one's own."""
    assert blocks(done(("b", Verb.BLOCK), ("a", Verb.ASK), ("a", Verb.DELETE)))
    assert done(("a", Verb.BLOCK), ("a", Verb.DELETE)) == Tie(BLOCKS)


@pytest.mark.parametrize("tie", TIES)
def test_who_blocks_is_refused(tie: Tie) -> None:
    """Only asking whom one blocks is refused."""
    refused = {verb for verb in Verb if change(tie, verb) is None}
    assert refused == ({Verb.ASK} if tie.mine is BLOCKS else set())


@pytest.mark.parametrize(("tie", "verb"), list(itertools.product(TIES, Verb)))
def test_again_is_the_same(tie: Tie, verb: Verb) -> None:
    """Doing the same twice is doing it once."""
    once = change(tie, verb)
    assert once is None or change(once, verb) == once


@given(STEPS, st.sampled_from(Verb))
def test_a_block_is_silent(steps: list[tuple[bool, Verb]], verb: Verb) -> None:
    """Whatever he does next, one who is blocked is shown what he would be shown without the block."""
    tie = done(*[("a" if mine else "b", verb) for mine, verb in steps])
    if tie.theirs is BLOCKS:
        free = Tie(tie.mine, NOTHING)
        assert tie.standing is free.standing
        after, freely = change(tie, verb), change(free, verb)
        assert (after and after.standing) == (freely and freely.standing)


@given(STEPS)
def test_only_the_blocker_ends_his_block(steps: list[tuple[bool, Verb]]) -> None:
    """A block is in force exactly from the blocker's word to his word."""
    tie = done(*[("a" if mine else "b", verb) for mine, verb in steps])
    for mine, edge in ((True, tie.mine), (False, tie.theirs)):
        words = [verb for who, verb in steps if who is mine]
        last = [verb for verb in words if verb in (Verb.BLOCK, Verb.UNBLOCK)][-1:]
        assert (edge is BLOCKS) == (last == [Verb.BLOCK])
    assert blocks(tie) == blocks(tie.turned)
