"""The log: what is below its level is not made, and of what happens often lines are left out."""

from __future__ import annotations

from structlog.testing import capture_logs

from matchd.log import SAMPLE, Sampler, get_logger, set_level


def test_a_logger_follows_the_level() -> None:
    """Also one that was made before."""
    logger = get_logger()
    with capture_logs() as told:
        for level in ("warning", "debug"):
            set_level(level)
            logger.debug("small", level=level)
            logger.warning("large", level=level)
    assert [(one["event"], one["level"]) for one in told if one["event"] == "small"] == [
        ("small", "debug")
    ]
    assert [one["event"] for one in told] == ["large", "small", "large"]


def test_the_first_of_a_second_are_logged() -> None:
    """The next second's first line says how many were left out; events do not count together."""
    set_level("info")
    sampler = Sampler()
    answers = [sampler.admits("a", 7.0 + n / 1000) for n in range(SAMPLE + 5)]
    assert answers == [0] * SAMPLE + [None] * 5
    assert sampler.admits("b", 7.5) == 0
    assert sampler.admits("a", 8.0) == 5
    assert sampler.admits("a", 8.1) == 0


def test_at_the_level_debug_all_are() -> None:
    """Whoever looks for something wants each line."""
    set_level("debug")
    sampler = Sampler()
    assert [sampler.admits("a", 7.0) for _ in range(2 * SAMPLE)] == [0] * 2 * SAMPLE


def test_a_clock_that_goes_back_leaves_nothing_out_for_long() -> None:
    """Another second is another second."""
    set_level("info")
    sampler = Sampler()
    for _ in range(SAMPLE + 1):
        sampler.admits("a", 9.0)
    assert sampler.admits("a", 3.0) == 1
