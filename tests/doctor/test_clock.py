"""The difference of two clocks by bisection."""

import trio
from hypothesis import given
from hypothesis import strategies as st

from matchd.doctor.clock import FARTHEST, RIGHT, measure

DAY = 86_400


def measured(skew: int) -> tuple[int, int]:
    """What is measured of a server whose clock is `skew` s ahead, and how often it was asked."""
    asked = []

    async def takes(ahead: int) -> bool:
        await trio.lowlevel.checkpoint()
        asked.append(ahead)
        return ahead >= skew

    return trio.run(measure, takes), len(asked)


@given(st.integers(-20 * DAY, 20 * DAY))
def test_any_clock(skew: int) -> None:
    """Every difference is measured to the second, in at most 45 allocations; a small one is none."""
    found, asked = measured(skew)
    expected = 0 if -RIGHT < skew <= RIGHT else skew
    assert found == expected
    assert asked <= 45


def test_a_right_clock_is_cheap() -> None:
    """Two questions settle it."""
    assert measured(0) == (0, 2)


def test_beyond_measure() -> None:
    """A clock that is years off ends the search, and is told as that far at least."""
    for years in (-5, 5):
        found, asked = measured(years * 365 * DAY)
        assert abs(found) >= FARTHEST / 2
        assert asked <= 45
