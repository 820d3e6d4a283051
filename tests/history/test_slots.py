"""The checker's first property: no slot in two live bookings."""

from tests.history.checker import check
from tests.history.record import Asked, Operation, Told
from tests.history.rules import Excuses, Property
from tests.history.scripted import Script


def test_two_bookings_of_one_slot() -> None:
    """A slot that is promised to a second player within the first one's lease is a violation."""
    script = Script()
    first, second = script.found("a"), script.found("b")
    (violation,) = check(script.events).violations
    assert violation.broken is Property.ONE_BOOKING
    assert violation.evidence == (first, second)
    assert "booking b has a slot of host h" in str(violation)


def test_as_many_as_the_capacity() -> None:
    """A host of capacity 2 takes two players, and not a third one."""
    script = Script()
    script.beat(capacity=2)
    script.found("a")
    script.found("b")
    assert not check(script.events).violations
    script.found("c")
    assert check(script.events).broken == {Property.ONE_BOOKING}


def test_after_the_lease() -> None:
    """Who never came may have lost his slot when the hold is over, and not before."""
    for wait, broken in ((19.0, {Property.ONE_BOOKING}), (20.0, set())):
        script = Script()
        script.found("a")
        script.now += wait
        script.found("b")
        assert check(script.events).broken == broken


def test_seen_live_before_and_after() -> None:
    """A booking that is looked at before and after another's claim was live at that claim."""
    script = Script()
    script.found("a")
    script.now += 25
    script.looked("a", "connected")
    script.now += 25
    script.found("b")
    script.looked("a", "connected")
    assert check(script.events).broken == {Property.ONE_BOOKING}


def test_released_even_without_an_answer() -> None:
    """A slot is free again from the begin of any release that was not refused."""
    script = Script()
    script.found("a")
    script.released("a", status=503)
    script.found("b")
    assert not check(script.events).violations
    refused = Script()
    refused.found("a")
    refused.released("a", status=403)
    refused.found("b")
    assert check(refused.events).broken == {Property.ONE_BOOKING}


def test_idle_word_frees() -> None:
    """The word idle ends the booking it names; an idle beat ends none."""
    script = Script()
    script.found("a")
    script.word("idle", "a")
    script.found("b")
    assert not check(script.events).violations
    beaten = Script()
    beaten.found("a")
    beaten.beat(word="idle")
    beaten.found("b")
    assert check(beaten.events).broken == {Property.ONE_BOOKING}


def test_late_word() -> None:
    """A word without an answer may still be done later, when it finds another booking."""
    script = Script()
    script.add_call(Operation.STATUS, Asked(host="h", word="idle"), None)
    script.found("a")
    script.now += 5
    script.found("b")
    assert not check(script.events).violations


def test_host_gone() -> None:
    """A goodbye, another room, or 90 s of silence end all bookings of a host."""
    goodbye, moved, silent = Script(), Script(), Script()
    for script in (goodbye, moved, silent):
        script.beat()
        script.found("a")
        script.word("busy", "a")
    goodbye.add_call(Operation.GOODBYE, Asked(host="h"), Told(status=200))
    moved.beat(room="another")
    silent.now += 90
    for script in (goodbye, moved, silent):
        script.found("b")
        assert not check(script.events).violations


def test_vouched_for() -> None:
    """A host that said busy keeps its booking until it says idle, and one grace more."""
    script = Script()
    script.beat()
    script.found("a")
    script.word("busy", "a")
    for _ in range(6):
        script.now += 50
        script.beat()
    script.beat(word="idle")
    script.now += 25
    script.found("b")
    assert check(script.events).broken == {Property.ONE_BOOKING}


def test_amnesty() -> None:
    """A double booking that was made in the time of a failover is told apart; a later one is not."""
    script = Script()
    script.found("a")
    script.found("b")
    window = (script.now - 1, script.now + 1)
    verdict = check(script.events, excuses=Excuses(amnesty=(window,)))
    assert not verdict.violations
    assert [loss.broken for loss in verdict.lost] == [Property.ONE_BOOKING]
    before = (script.now - 50, script.now - 40)
    assert check(script.events, excuses=Excuses(amnesty=(before,))).violations


def test_loss_of_memory() -> None:
    """What was booked before a loss of memory binds nobody after it."""
    script = Script()
    script.found("a")
    lost = (script.now, script.now + 1)
    script.now += 2
    script.found("b")
    assert not check(script.events, excuses=Excuses(forgets=(lost,))).violations


def test_back_after_a_loss_of_memory() -> None:
    """A booking that is taken up again after a loss of memory may meet one made in between."""
    script = Script()
    script.found("a")
    lost = (script.now, script.now + 1)
    script.found("b")
    script.looked("a", "held")
    assert not check(script.events, excuses=Excuses(forgets=(lost,))).violations
    script.now += 5
    script.looked("a", "held")
    script.found("c")
    assert check(script.events, excuses=Excuses(forgets=(lost,))).violations


def test_release_held_up() -> None:
    """A release without an answer may be done long after, on a wire that was stalled."""
    script = Script()
    script.found("a")
    script.released("a", status=503)
    script.now += 40
    script.looked("a", "connected")
    script.found("b")
    assert not check(script.events).violations
