"""The rules of the page's game, and how two browsers keep in step: in Node, without browsers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import matchd
from tests.site.test_node import NODE

PAGE = Path(matchd.__file__).with_name("site") / "page"
GAMES = Path(__file__).with_name("lockstep.mjs")

SEEN = {
    # Frames come late, or never, and sides forget all they know: both see the same game to its end.
    "wild": [True] * 10,
    "won": [5, 0],
    "endless": [0, 0],
    "still": 5,
    "resigned": [5, 0],
    "fluent": [True, True],
    # What another program may send is ignored; what can't be of this game is noticed.
    "junk": True,
    "gap": False,
    "ahead": False,
    "memos": [True, False, False, False, False],
}


@pytest.mark.skipif(NODE is None, reason="Node is not installed (Debian package nodejs)")
def test_two_sides_see_the_same_game() -> None:
    """Whatever is lost or late between them; the better one wins, and who gives up loses."""
    command = [str(NODE), str(GAMES), str(PAGE)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout) == SEEN
