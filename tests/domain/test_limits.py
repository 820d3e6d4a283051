"""Rates and token buckets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.limits import Bucket, Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("5/s", Rate(5, 5.0)),
        ("30/min", Rate(30, 0.5)),
        ("36/h", Rate(36, 0.01)),
        ("999999999/s", Rate(999_999_999, 999_999_999.0)),
    ],
)
def test_parse(text: str, rate: Rate) -> None:
    """A rate is a count and a unit."""
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "0/s",
        "05/s",
        "-1/s",
        "5/day",
        "5 /s",
        "5/s ",
        "5/s\n",
        "\u0665/s",
        "1e3/s",
        "1234567890/s",
    ],
)
def test_bad_rates(text: str) -> None:
    """Anything else is a ValueError that says what is allowed."""
    with pytest.raises(ValueError, match="30/min"):
        Rate.parse(text)


def test_burst_then_pace() -> None:
    """A full bucket allows its count at once, then one per interval, and says how long to wait."""
    rate, bucket = Rate.parse("2/min"), Bucket(2.0, 0.0)
    assert [bucket.take(rate, 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert bucket.take(rate, 15.0) == 15.0
    assert bucket.take(rate, 30.0) == 0.0


def test_refusal_spends_nothing() -> None:
    """A refused call costs no token, so asking again and again does not postpone."""
    rate, bucket = Rate.parse("1/min"), Bucket(1.0, 0.0)
    bucket.take(rate, 0.0)
    for second in range(1, 60):
        assert bucket.take(rate, float(second)) > 0
    assert bucket.take(rate, 60.0) == 0.0


def test_idle_time_is_not_saved_up() -> None:
    """A bucket never holds more than its count."""
    rate, bucket = Rate.parse("3/s"), Bucket(3.0, 0.0)
    waits = [bucket.take(rate, 1e6) for _ in range(4)]
    assert [wait == 0 for wait in waits] == [True, True, True, False]


def test_clock_backwards() -> None:
    """A time before the last one neither fills nor empties the bucket."""
    rate, bucket = Rate.parse("1/s"), Bucket(1.0, 100.0)
    assert bucket.take(rate, 50.0) == 0.0
    assert bucket.take(rate, 50.0) == 1.0


@given(st.integers(1, 20), st.lists(st.floats(0, 5), max_size=60))
def test_never_more_than_the_rate(count: int, gaps: list[float]) -> None:
    """Over any stretch no more is allowed than the burst and the refill together."""
    rate, bucket, now, allowed = Rate(count, 0.7), Bucket(float(count), 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        allowed += bucket.take(rate, now) == 0.0
    assert allowed <= count + 0.7 * now + 1e-6
