"""The checker's second property: what was acknowledged is found again, by id and by key."""

import pytest

from tests.history.checker import check
from tests.history.record import Asked, Operation, Side, Told
from tests.history.rules import Excuses, Property
from tests.history.scripted import Script, meeting

LOST = {Property.KEPT}


def test_lost_booking() -> None:
    """A booking that is unknown within its lease was lost."""
    script = Script()
    script.found("a")
    script.unknown("a")
    (violation,) = check(script.events).violations
    assert violation.broken is Property.KEPT
    assert "booking a lives from" in violation.says


def test_over_within_the_lease() -> None:
    """A booking that is over before anything can have ended it was lost, and its cause is a lie."""
    for cause in ("hold_expired", "player_left", "released", "host_idle", "host_left", "unheard"):
        script = Script()
        script.beat()
        script.found("a")
        script.looked("a", "lapsed", cause)
        assert check(script.events).broken == LOST | {Property.CAUSE}


def test_legal_ends() -> None:
    """What a release, an idle word, a goodbye or time have ended may be over, and forgotten."""
    released, idle, goodbye, late = Script(), Script(), Script(), Script()
    for script in (released, idle, goodbye, late):
        script.beat()
        script.found("a")
    released.released("a")
    released.looked("a", "released", "released")
    idle.word("idle")
    idle.looked("a", "ended", "host_idle")
    goodbye.add_call(Operation.GOODBYE, Asked(host="h"), None)
    goodbye.looked("a", "ended", "host_left")
    late.now += 20
    late.looked("a", "lapsed", "hold_expired")
    for script in (released, idle, goodbye, late):
        script.unknown("a")
        assert not check(script.events).violations


def test_unanswered_looks_prove_nothing() -> None:
    """A look without an answer, with a 503, or refused for another reason says nothing."""
    script = Script()
    script.found("a")
    for told in (None, Told(status=503, code="store_unavailable"), Told(status=429)):
        script.add_call(Operation.LOOK, Asked(booking="a"), told)
    assert not check(script.events).violations


def test_back_from_the_dead() -> None:
    """A booking that is over stays over; a connected one is not held again."""
    for state, later in (("lapsed", "held"), ("connected", "held")):
        script = Script()
        script.found("a")
        script.now += 30
        script.looked("a", state)
        script.looked("a", later)
        assert check(script.events).broken == LOST


def test_answers_that_cross() -> None:
    """Of two looks at the same time either may have been first."""
    script = Script()
    script.found("a")
    script.now += 30
    script.looked("a", "lapsed", "hold_expired")
    script.now -= 0.05
    script.looked("a", "held")
    assert not check(script.events).violations


def test_key_forgotten() -> None:
    """The same key finds the same booking as long as that lives."""
    for again in ("another", ""):
        script = Script()
        script.beat(capacity=2)
        script.found("a", key="k")
        if again:
            script.found(again, key="k")
        else:
            script.not_found(key="k")
        assert check(script.events).broken == {Property.KEY}


def test_key_kept() -> None:
    """A repeated key gets its booking; when that is over, a new one."""
    script = Script()
    script.found("a", key="k")
    script.found("a", key="k")
    script.now += 20
    script.found("b", key="k")
    assert not check(script.events).violations


def test_find_without_an_answer() -> None:
    """The claim of a find without an answer counts from there, not from its repetition."""
    script = Script()
    script.add_call(Operation.FIND, Asked(key="k"), None)
    script.now += 15
    script.found("a", key="k")
    script.now += 5
    script.looked("a", "lapsed", "hold_expired")
    assert not check(script.events).violations


def test_player_keeps_his_booking() -> None:
    """A player who has met his host keeps his booking for one grace after his last sign."""
    for wait, broken in ((29.0, LOST), (31.0, set())):
        script = meeting()
        for _ in range(4):
            script.now += 30
            script.heard("P", script.said("H", "b"))
            script.heard("H", script.said("P", "h"), "p1")
            script.beat()
        script.now += wait
        script.unknown("b")
        assert check(script.events).broken == broken


def test_player_at_a_faulty_node() -> None:
    """What a socket hears after its node's fault is no proof of its player's place."""
    script = meeting()
    fault = (script.now, script.now + 20)
    script.now += 40
    script.heard("P", script.said("H", "b"))
    script.unknown("b")
    assert check(script.events).violations
    assert not check(script.events, excuses=Excuses(faults=(fault,))).violations


def test_closed_while_it_lives() -> None:
    """A socket that is closed with 4410 within the lease of its booking was told of a loss."""
    script = meeting()
    script.closed("P", 4410)
    assert check(script.events).broken == LOST


@pytest.mark.parametrize("excuse", ["forgets", "amnesty"])
def test_excused(excuse: str) -> None:
    """A loss of memory excuses; a failover makes it a loss that is told apart."""
    script = Script()
    script.found("a")
    window = (script.now, script.now + 1)
    script.now += 5
    script.unknown("a")
    excuses = {"forgets": Excuses(forgets=(window,)), "amnesty": Excuses(amnesty=(window,))}
    verdict = check(script.events, excuses=excuses[excuse])
    assert not verdict.violations
    assert len(verdict.lost) == (excuse == "amnesty")


def test_not_excused() -> None:
    """What was acknowledged after the recovery is not lost by the failure before it."""
    script = Script()
    window = (script.now - 2, script.now - 1)
    script.found("a")
    script.unknown("a")
    for excuses in (Excuses(forgets=(window,)), Excuses(amnesty=(window,))):
        assert check(script.events, excuses=excuses).broken == LOST


def test_waiting_in_the_room() -> None:
    """A player who waits in the room prolongs his hold, to 60 s from the claim."""
    for wait, broken in ((30.0, LOST), (62.0, set())):
        script = Script()
        script.found("b")
        script.opened("P", "b", Side.PLAYER)
        script.told("P")
        script.now += wait
        script.told("P")
        script.now -= 1
        script.unknown("b")
        assert check(script.events).broken == broken
