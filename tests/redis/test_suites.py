"""The suites of scripts: whole, each script with what it calls, and no key that is not declared."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from matchd.store.redis.events import EVENTS
from matchd.store.redis.groups import GROUPS
from matchd.store.redis.journal import JOURNAL
from matchd.store.redis.lobbies import LOBBIES
from matchd.store.redis.people import PEOPLE
from matchd.store.redis.play import PLAY
from matchd.store.redis.suites import Suite

LUA = files("matchd.store.redis") / "lua"
_MADE = re.compile(r"^local function (\w+)", re.MULTILINE)


@pytest.fixture(
    params=[EVENTS, GROUPS, JOURNAL, LOBBIES, PEOPLE, PLAY], ids=lambda suite: suite.folder
)
def suite(request: pytest.FixtureRequest) -> Suite:
    """Each suite that there is."""
    found: Suite = request.param
    return found


def test_every_suite_is_here() -> None:
    """No folder of scripts is left out of these tests."""
    folders = {part.name for part in LUA.iterdir() if part.is_dir()}
    assert folders == {"prelude", "events", "groups", "journal", "lobbies", "people", "play"}


def test_every_script_is_an_operation(suite: Suite) -> None:
    """Each file of the folder is loaded, under a SHA-1 of its own."""
    loaded = suite.load()
    parts = [part.name for part in (LUA / suite.folder).iterdir()]
    assert {name.removesuffix(".lua") for name in parts if name.endswith(".lua")} == set(loaded)
    assert suite.reading <= set(suite.operations) == set(loaded)
    assert len({script.sha for script in loaded.values()}) == len(loaded)


def test_keys_are_declared(suite: Suite) -> None:
    """Scripts use the keys that are declared, all of them, under one hash tag."""
    text = "".join(script.text for script in suite.load().values())
    assert set(re.findall(r"\bK\.(\w+)", text)) == set(suite.keys)
    assert {key.partition("}")[0] for key in suite.keys_under("p")} == {"{p"}


def test_a_script_carries_the_functions_that_it_calls(suite: Suite) -> None:
    """No script calls a function of a prelude that it lacks, or carries one that nothing mentions."""
    preludes = [LUA / "suite.lua", *(LUA / suite.folder / "prelude").iterdir()]
    shared = set(_MADE.findall("".join(part.read_text("utf-8") for part in preludes)))
    for name, script in suite.load().items():
        made = set(_MADE.findall(script.text))
        called = set(re.findall(r"(?<![\w.])(\w+)\(", script.text))
        assert called & shared <= made, name
        assert all(len(re.findall(rf"\b{item}\b", script.text)) > 1 for item in made), name
