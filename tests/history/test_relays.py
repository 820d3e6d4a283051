"""Mutants of a relay and of a store of records: each is caught by the property that it breaks."""

from __future__ import annotations

import random

import pytest

from tests.history import relays
from tests.history.checker import check
from tests.history.relays import Relay, Switchboard
from tests.history.rules import Property
from tests.history.scripted import Script

BROKEN = {
    relays.Swapping: Property.BORDER,
    relays.Broadcasting: Property.BORDER,
    relays.Duplicating: Property.ORDER,
    relays.Reordering: Property.ORDER,
    relays.LeftFirst: Property.PEERS,
    relays.CleaningTwice: Property.CLEANED_ONCE,
    relays.Introducing: Property.PEERS,
    relays.Inventing: Property.INVENTED,
    relays.Deaf: Property.PEERS,
}


@pytest.mark.parametrize("seed", range(20))
def test_right_relay(seed: int) -> None:
    """The relay that is right breaks nothing, whoever comes, talks and goes."""
    board = Switchboard(Relay, seed)
    board.run(1_000)
    assert str(check(board.history.events)) == "no violation"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_wrong_relay(kind: type[Relay], seed: int) -> None:
    """Each mutant is caught by the property that it breaks."""
    board = Switchboard(kind, seed)
    board.run(1_000)
    assert BROKEN[kind] in check(board.history.events).broken


def write_records(seed: int, forgets: int) -> Script:
    """Write and erase records by seed and read them back; every n-th write is forgotten (0: none)."""
    rng, script = random.Random(seed), Script()
    kept: dict[str, str | None] = {}
    for number in range(200):
        key = f"account {rng.randrange(40)}"
        value = None if rng.random() < 0.1 else f"name {number}"
        script.wrote(key, value)
        if not forgets or number % forgets:
            kept[key] = value
    for number in range(40):
        script.reads(f"account {number}", kept.get(f"account {number}"))
    return script


@pytest.mark.parametrize("seed", range(5))
def test_records(seed: int) -> None:
    """A store that forgets acknowledged writes is caught; one that keeps them all is right."""
    assert not check(write_records(seed, 0).events).violations
    assert check(write_records(seed, 7).events).broken == {Property.DURABLE}
