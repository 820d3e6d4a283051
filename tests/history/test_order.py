"""The checker's properties of sockets: peers, clean-ups, order, borders."""

from tests.history.checker import check
from tests.history.record import Asked, Operation, Side, Told
from tests.history.rules import Property
from tests.history.scripted import Script, meeting


def test_a_meeting() -> None:
    """Who meets, talks, leaves, and comes back in order gives no violation."""
    script = meeting()
    for _ in range(3):
        script.heard("P", script.said("H", "b"))
        script.heard("H", script.said("P", "h"), "p1")
    script.closed("P")
    script.left("H", "p1")
    script.opened("P2", "b", Side.PLAYER)
    script.joined("H", "p2", "b")
    script.joined("P2")
    script.heard("H", script.said("P2", "h"), "p2")
    script.left("P2")
    assert not check(script.events).violations


def test_nothing_before_joined() -> None:
    """A message of a peer who has not joined, or has left, is a violation."""
    script = Script()
    script.opened("H", "h", Side.HOST)
    script.opened("P", "b", Side.PLAYER)
    script.heard("H", script.said("P", "h"), "p1")
    assert check(script.events).broken == {Property.PEERS}
    script = meeting()
    script.left("H", "p1")
    script.heard("H", script.said("P", "h"), "p1")
    (violation,) = check(script.events).violations
    assert "after it left" in violation.says


def test_joined_twice() -> None:
    """Nobody joins twice without leaving between."""
    for observer, peer in (("H", "p1"), ("P", "")):
        script = meeting()
        script.joined(observer, peer)
        assert check(script.events).broken == {Property.PEERS}


def test_host_came_anew() -> None:
    """A player may hear again that his host joined when another socket of it came."""
    script = meeting()
    script.now += 10
    script.add_call(Operation.CONNECT, Asked(host="h", room="r"), Told(status=101))
    script.now += 2
    script.joined("P")
    assert not check(script.events).violations
    script.now += 10
    script.joined("P")
    assert check(script.events).broken == {Property.PEERS}


def test_cleaned_up_twice() -> None:
    """A host hears once that a peer left, and only of one who had joined."""
    script = meeting()
    script.left("H", "p1")
    script.left("H", "p1")
    assert check(script.events).broken == {Property.CLEANED_ONCE}
    script = meeting()
    script.left("H", "p2")
    assert check(script.events).broken == {Property.PEERS}


def test_order_of_one_sender() -> None:
    """Messages of one sender neither overtake each other nor come twice."""
    script = meeting()
    first, second = script.said("P", "h"), script.said("P", "h")
    script.heard("H", second, "p1")
    script.heard("H", first, "p1")
    (violation,) = check(script.events).violations
    assert violation.broken is Property.ORDER
    assert "after a later one" in violation.says
    script = meeting()
    message = script.said("P", "h")
    script.heard("H", message, "p1")
    script.heard("H", message, "p1")
    (violation,) = check(script.events).violations
    assert violation.broken is Property.ORDER
    assert "twice" in violation.says


def test_once_over_all_sockets() -> None:
    """A message that two sockets of its receiver hear was heard twice."""
    script = meeting()
    message = script.said("P", "h")
    script.heard("H", message, "p1")
    script.opened("H2", "h", Side.HOST)
    script.joined("H2", "p1", "b")
    script.heard("H2", message, "p1")
    assert check(script.events).broken == {Property.ORDER}


def test_lost_on_the_way() -> None:
    """A relay may lose what was said to someone who has gone."""
    script = meeting()
    script.said("P", "h")
    script.heard("H", script.said("P", "h"), "p1")
    assert not check(script.events).violations


def test_invented() -> None:
    """What nobody sent can't be heard."""
    script = meeting()
    message = script.said("P", "h")
    script.events.pop()
    script.heard("H", message, "p1")
    assert check(script.events).broken == {Property.INVENTED}


def test_across_rooms() -> None:
    """What was said in one room is not heard in another."""
    script = meeting()
    script.opened("H2", "h2", Side.HOST, "r2")
    script.joined("H2", "p9")
    script.heard("H2", script.said("P", "h"), "p9")
    assert check(script.events).broken == {Property.BORDER}


def test_another_player_of_the_room() -> None:
    """A host's word to one player is not heard by another, nor one player's as the other's."""
    script = meeting()
    script.opened("P2", "b2", Side.PLAYER)
    script.joined("H", "p2", "b2")
    script.joined("P2")
    script.heard("P2", script.said("H", "b"))
    script.heard("H", script.said("P", "h"), "p2")
    says = [violation.says for violation in check(script.events).violations]
    assert says == [
        "b2 heard a signal that was meant for b",
        "h heard a signal of b as if it came from b2",
    ]


def test_heard_after_the_end() -> None:
    """A closed socket is in no room."""
    script = meeting()
    script.closed("H")
    script.heard("H", script.said("P", "h"), "p1")
    assert check(script.events).broken == {Property.BORDER}
