"""What `matchd trace`, `status` and `top` say, and how (matchd/cli/words.py, top.py, status.py)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import matchd
from matchd.cli.top import frame
from matchd.cli.words import CAUSES, EVENTS, moment, span, told
from matchd.domain.bookings import Cause
from matchd.domain.games import Reason

_HAPPENED = re.compile(r'happened\(\s*"([a-z_.]+)"')
_NAMED = re.compile(r'"((?:game|lobby|group|booking|audit)\.[a-z_]+)"')

HERE: dict[str, Any] = {
    "url": "http://127.0.0.1:8080",
    "version": "1",
    "node": "n1",
    "uptime": 90061.0,
    "started": 1_700_000_000.0,
    "ready": True,
    "notes": [],
    "turn": [],
    "troubles": [],
    "counts": {
        "hosts": {"alive": 3, "free": 2},
        "bookings": {"held": 1, "connected": 4},
        "waiting": 5,
        "lobbies": {"waiting": 6, "inProgress": 7},
        "queued": 8,
        "games": 9,
        "sockets": 10,
    },
}


def test_every_event_has_words() -> None:
    """Whatever a service tells the journal is said in words; so is every cause of an end."""
    root = Path(matchd.__file__).parent / "services"
    texts = [path.read_text("utf-8") for path in root.glob("*.py") if path.name != "journal.py"]
    events = {name for text in texts for name in _HAPPENED.findall(text)}
    tales = [text for text in texts if "journal.happened(event" in text or "_tell_of" in text]
    events |= {name for text in tales for name in _NAMED.findall(text)}
    assert len(events) > 40
    assert events - EVENTS.keys() == set()
    assert {cause.value for cause in Cause} - CAUSES.keys() == set()
    assert {"not_joined", "not_ready", "player_disconnected"} <= {reason.value for reason in Reason}


def test_a_line_is_a_sentence() -> None:
    """With the cause in words, and who did it by which way; the id that was asked for is left out."""
    line = {"at": 0.0, "event": "booking.lapsed", "why": "hold_expired"}
    ids = {"booking": "b1", "host": "h1"}
    words = (
        "the slot is free again: the match did not come about (the player never came to the room)"
    )
    assert told({**line, "ids": ids}, but="b1") == f"{words} [host h1]"
    act = {
        "event": "audit.ban",
        "by": "kim",
        "way": "matchd user ban",
        "outcome": "done",
        "ids": {},
    }
    assert told({**act, "why": "spam"}) == "banned (spam) by kim, matchd user ban"
    assert told({**act, "outcome": "409"}) == "banned by kim, matchd user ban, refused: 409"
    assert told({"event": "new.thing", "ids": {"host": "\x1b[2J"}}) == "new.thing [host \\x1b[2J]"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59.9, "59 s"), (3600, "1 h"), (3661, "1 h 1 min"), (90061, "1 d 1 h")],
)
def test_spans(seconds: float, expected: str) -> None:
    """In their two largest units."""
    assert span(seconds) == expected


def test_a_frame_fits_the_screen() -> None:
    """80 by 24, whatever happened; the latest comes first, and the last trouble is there."""
    events = [{"at": float(n), "event": f"e{n}", "ids": {"host": "h" * 99}} for n in range(60)]
    troubles = [{"at": 0.0, "level": "error", "event": f"t{n}"} for n in range(9)]
    drawn = frame({**HERE, "troubles": troubles}, events, width=80, height=24)
    texts = [text for text, _ in drawn]
    assert len(texts) <= 23
    assert max(map(len, texts)) <= 80
    assert f"{moment(59.0, day=False)}  e59" in next(text for text in texts if "  e" in text)
    assert [text for text in texts if "  t8" in text]
    assert not [text for text in texts if "  t7" in text]


def test_each_turn_server_is_told_of() -> None:
    """Whether the probe found it well, and whether players are told of it."""
    well = {"name": "a", "offered": True, "probe": {"at": 0, "ok": True}}
    lame = {"name": "b", "offered": False, "probe": {"at": 0, "ok": False, "cause": "no answer"}}
    new = {"name": "c", "offered": True, "probe": None}
    drawn = frame({**HERE, "turn": [well, lame, new]}, [], width=99, height=24)
    texts = [text for text, _ in drawn]
    assert "turn      b: no answer; players are not told of it" in texts
    assert "turn      c: nobody has probed it yet (`matchd doctor`)" in texts
    assert any(text.startswith("turn      a: well, seen ") for text in texts)
    none = ("turn      none: direct connections only", "yellow")
    assert none in frame(HERE, [], width=80, height=24)


def test_a_store_that_is_away_is_said() -> None:
    """Nothing is counted then, and why stands below the answer."""
    away = {**HERE, "counts": None, "ready": False, "notes": ["Not ready: store: away."]}
    texts = [text for text, _ in frame(away, [], width=80, height=24)]
    assert "ready     NO" in texts
    assert any("Not ready: store: away." in text for text in texts)
    assert any("can't be asked" in text for text in texts)
