"""The checker's property of records: what was acknowledged is there when it is read."""

from tests.history.checker import check
from tests.history.record import Asked, Operation
from tests.history.rules import Excuses, Property
from tests.history.scripted import Script

BROKEN = {Property.DURABLE}


def test_read_back() -> None:
    """The last acknowledged value is read; a refused one was never there."""
    script = Script()
    script.reads("k", None)
    script.wrote("k", "1")
    script.wrote("k", "2")
    script.wrote("k", "3", status=409)
    script.reads("k", "2")
    assert not check(script.events).violations
    script.reads("k", "3")
    assert check(script.events).broken == BROKEN


def test_lost() -> None:
    """An acknowledged write that is absent, or gave way to an older one, was lost."""
    for value in (None, "1"):
        script = Script()
        script.wrote("k", "1")
        script.wrote("k", "2")
        script.reads("k", value)
        assert check(script.events).broken == BROKEN


def test_erased() -> None:
    """What was erased stays erased."""
    script = Script()
    script.wrote("k", "1")
    script.wrote("k", None)
    script.reads("k", None)
    assert not check(script.events).violations
    script.reads("k", "1")
    assert check(script.events).broken == BROKEN


def test_unknown_write() -> None:
    """A write without an answer may have been done at any time since, or never."""
    script = Script()
    script.add_call(Operation.WRITE, Asked(key="k", value="1"), None)
    script.wrote("k", "2")
    script.reads("k", "2")
    script.reads("k", "1")
    assert not check(script.events).violations


def test_writes_that_cross() -> None:
    """Of two writes at the same time either may have been last."""
    script = Script()
    script.wrote("k", "1")
    script.now -= 0.05
    script.wrote("k", "2")
    script.reads("k", "1")
    assert not check(script.events).violations


def test_never_read_back() -> None:
    """A write that nobody reads proves nothing."""
    script = Script()
    script.reads("k", None)
    script.wrote("k", "1")
    (violation,) = check(script.events).violations
    assert violation.says == "k was written and never read back"


def test_invented_value() -> None:
    """A value that nobody wrote can't be read."""
    script = Script()
    script.reads("k", "1")
    assert check(script.events).broken == BROKEN


def test_lost_in_a_failover() -> None:
    """A write that a failover lost is told apart, one after the recovery is not excused."""
    script = Script()
    script.wrote("k", "1")
    window = (script.now, script.now + 1)
    script.now += 2
    script.reads("k", None)
    verdict = check(script.events, excuses=Excuses(amnesty=(window,)))
    assert not verdict.violations
    assert [loss.broken for loss in verdict.lost] == [Property.DURABLE]
    script.wrote("k", "2")
    script.reads("k", None)
    assert check(script.events, excuses=Excuses(amnesty=(window,))).broken == BROKEN
