"""What is believed of TURN servers after some reports of the probe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.turn import SharedSecretServer, TurnPlan
from matchd.turn.health import STREAK, Health, Probed, ProbeReport

NAMES = ("a", "b")


def report(at: int, **ok: bool) -> ProbeReport:
    """A report of that time."""
    return ProbeReport(at, tuple(Probed(name, one, None, "mute") for name, one in ok.items()))


def after(*seen: bool) -> frozenset[str]:
    """Who is given up once server a was seen like this, while b was always well."""
    health = Health()
    for at, ok in enumerate(seen):
        health.take(report(at, a=ok, b=True), NAMES)
    return health.down


@pytest.mark.parametrize(
    ("seen", "down"),
    [
        ((), ""),
        ((False,), ""),
        ((False, False), "a"),
        ((False, True, False, True, False), ""),
        ((False, False, True), "a"),
        ((False, False, True, False, True), "a"),
        ((False, False, True, True), ""),
        ((False, False, True, True, False), ""),
    ],
)
def test_it_takes_two(seen: tuple[bool, ...], down: str) -> None:
    """It takes two reports in a row to give a server up, and two to take it back."""
    assert after(*seen) == frozenset(down)


@given(st.lists(st.booleans(), max_size=12))
def test_the_last_streak_counts(seen: list[bool]) -> None:
    """Whoever was seen alike STREAK times at last is believed to be so."""
    last = seen[-STREAK:]
    if len(last) == STREAK and len(set(last)) == 1:
        assert after(*seen) == (frozenset() if last[0] else {"a"})


def test_a_report_counts_once() -> None:
    """The same report read twice, or an older one, changes nothing."""
    health = Health()
    for at in (5, 5, 4):
        assert health.take(report(at, a=False), NAMES) == frozenset()
    assert health.take(report(6, a=False), NAMES) == {"a"}
    assert health.causes() == {"a": "mute"}


def test_who_is_not_probed_is_well() -> None:
    """A server that is no more in the report, or in the configuration, is not given up."""
    health = Health()
    for at in range(2):
        health.take(report(at, a=False, b=False, c=False), NAMES)
    assert health.down == {"a", "b"}
    assert health.take(report(2, a=False), NAMES) == {"b"}
    assert health.take(report(3, a=False), ("b",)) == {"a"}


def test_forgetting() -> None:
    """When nobody has looked for long, all count as well, and streaks begin anew."""
    health = Health()
    for at in range(2):
        health.take(report(at, a=False), NAMES)
    assert health.forget() == {"a"}
    assert health.take(report(2, a=False), NAMES) == frozenset()


def test_reports_as_json() -> None:
    """A report is read as it was written; anything else is a ValueError."""
    made = ProbeReport(7, (Probed("a", True, 0.01, ""), Probed("b", False, None, "mute")))
    assert made.encode() == (
        b'{"at":7,"servers":[{"name":"a","ok":true,"rtt":0.01,"cause":""},'
        b'{"name":"b","ok":false,"rtt":null,"cause":"mute"}]}\n'
    )
    assert ProbeReport.decode(made.encode()) == made
    for text in (b"", b"{}", b'{"at":"x","servers":[]}', b"\xff"):
        with pytest.raises(ValueError):
            ProbeReport.decode(text)


def plan(**weights: int) -> TurnPlan:
    """A plan of servers with these weights."""
    secret = "north-sea-north-sea"
    return TurnPlan(
        servers=tuple(
            SharedSecretServer(name=name, host="h", secret=secret, weight=weight)
            for name, weight in weights.items()
        )
    )


def test_plan_without() -> None:
    """Servers are left out by name, and never the last that players are told of."""
    both = plan(a=1, b=1)
    assert both.without(frozenset("a")) == plan(b=1)
    assert both.without(frozenset("ab")) is both
    assert both.without(frozenset()) is both
    assert both.without(frozenset("x")) is both
    draining = plan(a=1, b=0)
    assert draining.without(frozenset("a")) is draining
