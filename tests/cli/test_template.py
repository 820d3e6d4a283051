"""Values put into the shipped file keep everything else as it was."""

import tomllib

import msgspec

from matchd.cli.template import filled, template
from matchd.config.load import parse
from matchd.config.schema import Config, Server, Turn, TurnServer


def test_nothing_to_fill_in() -> None:
    """Without values the text is the shipped one."""
    assert filled(template(), {}) == template()


def test_values_come_into_force() -> None:
    """Keys are set, and the commented-out server is switched on with those that are given."""
    values = {"server.public_url": "https://a.b", "turn.server.name": "x", "turn.server.host": "h"}
    server = (TurnServer(name="x", host="h"),)
    expected = Config(server=Server(public_url="https://a.b"), turn=Turn(server=server))
    assert parse(tomllib.loads(filled(template(), values))) == expected


def test_the_other_lines_stay() -> None:
    """One line differs for one value, and keeps its comment."""
    before, after = template().splitlines(), filled(template(), {"hosts.ttl": 45}).splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(old, old.replace("30", "45", 1)) for old, _ in changed]
    assert len(changed) == 1


def test_a_value_is_set_in_its_own_table() -> None:
    """A key that several tables have is changed in the one that is named."""
    config = parse(tomllib.loads(filled(template(), {"turn.ttl": 61})))
    assert config == msgspec.structs.replace(Config(), turn=Turn(ttl=61))
