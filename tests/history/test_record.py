"""The history itself: what it keeps of a call, its file, and how fast the checker reads it."""

import time
from pathlib import Path

import pytest

from tests.history.checker import check
from tests.history.record import Asked, Call, History, Operation, Side, Told, read
from tests.history.scripted import Script, meeting


def test_file(tmp_path: Path) -> None:
    """A history reads as it was written, and gives the same verdict."""
    script = meeting()
    script.heard("P", script.said("H", "b"))
    script.found("another")
    script.closed("P")
    script.write(tmp_path / "history.jsonl")
    again = read(tmp_path / "history.jsonl")
    assert again == script.events
    assert check(again) == check(script.events)


def test_outcomes() -> None:
    """An answer is done or refused; a 5xx or none leaves open what happened."""
    history = History()
    for told in (Told(status=200), Told(status=409), Told(status=503), None):
        with history.call("c", "n", Operation.BEAT, Asked(host="h")) as made:
            made.told = told
    calls = [event for event in history.events if isinstance(event, Call)]
    flags = [(call.done, call.refused, call.unknown) for call in calls]
    done, refused, unknown = (True, False, False), (False, True, False), (False, False, True)
    assert flags == [done, refused, unknown, unknown]


def test_broken_call() -> None:
    """A call whose connection broke is in the history, without an answer."""
    history = History()
    with (
        pytest.raises(OSError, match="reset"),
        history.call("c", "n", Operation.FIND, Asked()),
    ):
        raise OSError("reset")
    (call,) = history.events
    assert isinstance(call, Call)
    assert call.told is None


def long_history(bookings: int) -> Script:
    """Fifty hosts, each booked again and again for a minute, with sockets that talk."""
    script = Script(took=0.001)
    for number in range(bookings):
        host, booking = f"h{number % 50}", f"b{number}"
        script.beat(host, room=host)
        script.found(booking, host, key=f"k{number}")
        script.opened(f"P{number}", booking, Side.PLAYER, host)
        script.opened(f"H{number}", host, Side.HOST, host)
        script.joined(f"H{number}", "p", booking)
        script.joined(f"P{number}")
        for _ in range(10):
            script.heard(f"H{number}", script.said(f"P{number}", host, host), "p")
        script.looked(booking, "connected", host=host)
        script.wrote(f"record {number}", "1")
        script.reads(f"record {number}", "1")
        script.closed(f"P{number}")
        script.left(f"H{number}", "p")
        script.released(booking)
        script.looked(booking, "released", "released", host=host)
    return script


def test_100_000_events() -> None:
    """A history of 100,000 events is checked in a few seconds."""
    script = long_history(3_100)
    assert len(script.events) >= 100_000
    begin = time.process_time()
    assert str(check(script.events)) == "no violation"
    assert time.process_time() - begin < 10
