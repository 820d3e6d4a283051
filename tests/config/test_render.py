"""From settings to TOML and back."""

import tomllib

from hypothesis import given, settings

from matchd.config.load import parse
from matchd.config.render import render, written
from matchd.config.schema import Config, Log, Server, Turn, TurnServer
from tests.config.schema import configs


@given(configs())
@settings(max_examples=60, deadline=None)
def test_reading_what_was_written_gives_the_same(config: Config) -> None:
    """Any configuration survives the way to TOML and back."""
    assert config == parse(tomllib.loads(render(config)))


def test_a_whole_number_of_seconds_is_written_without_a_point() -> None:
    """5.0 seconds are written 5, as in the shipped file; 0.5 stays 0.5."""
    text = render(Config(server=Server(drain=5.0, head_timeout=0.5)))
    assert "\ndrain = 5\n" in text
    assert "\nhead_timeout = 0.5\n" in text


def test_tables_follow_their_keys_in_order() -> None:
    """A table's own keys come before the tables in it."""
    config = Config(turn=Turn(server=(TurnServer(name="a", host="h"),)))
    text = render(config)
    places = [text.index(mark) for mark in ("[turn]", "stun = []", "[[turn.server]]", "[limits]")]
    assert sorted(places) == places


def test_a_note_becomes_the_comment_of_its_key() -> None:
    """Notes stand behind their key, those of a list's tables too, and change no value."""
    config = Config(turn=Turn(server=(TurnServer(name="a", host="h", secret_file="t"),)))
    notes = {"turn.server[0].secret_file": "one", "hosts.secret_file": "two"}
    text = render(config, notes)
    assert 'secret_file = "t"  # one\n' in text
    assert 'secret_file = "host_secret"  # two\n' in text
    assert config == parse(tomllib.loads(text))


def test_a_note_never_begins_a_line() -> None:
    """A line break in the name of a file can't smuggle a key in."""
    config = Config(log=Log(level="debug"))
    text = render(config, {"log.level": 'a\nformat = "json"'})
    assert config == parse(tomllib.loads(text))


def test_strings_are_escaped() -> None:
    """Quotes, backslashes, controls and DEL are written so that TOML reads them back."""
    text = 'a"b\\c\n\x00\x7fé'
    assert {"key": text} == tomllib.loads(f"key = {written(text)}")
