"""The shipped `config/matchd.toml`: complete, true, and explained line by line."""

import re
import tomllib
from pathlib import Path

from matchd.config.load import parse
from matchd.config.schema import Config, TurnServer
from tests.config.schema import keys

TEXT = (Path(__file__).parents[2] / "config" / "matchd.toml").read_text(encoding="utf-8")
_HEADER = re.compile(r"#?\[+([a-z.]+)\]+")
_KEY = re.compile(r"#?([a-z_0-9]+) = (.*?)  +# (\S.*)")


def lines() -> dict[str, tuple[str, str]]:
    """Every key of the file, commented out or not, with its value and its comment."""
    found, table = {}, ""
    for line in TEXT.splitlines():
        if header := _HEADER.match(line):
            table = header[1]
        elif key := _KEY.fullmatch(line):
            found[f"{table}.{key[1]}"] = (key[2], key[3])
    return found


def test_it_equals_the_defaults() -> None:
    """Whoever starts from the shipped file changes nothing by that."""
    assert Config() == parse(tomllib.loads(TEXT))


def test_every_key_stands_in_it_with_a_comment() -> None:
    """There is one line with a comment for each key of the schema, in its order, and no other."""
    assert list(keys()) == list(lines())


def test_nothing_else_stands_in_it() -> None:
    """Each line is a key with its comment, a header, prose, or empty: nothing escapes the walk."""
    prose = re.compile(r"(# .*|#?\[.*)?")
    odd = [line for line in TEXT.splitlines() if not _KEY.fullmatch(line)]
    assert [line for line in odd if not prose.fullmatch(line)] == []


def test_the_turn_server_shows_its_defaults() -> None:
    """The commented-out server has every key at its default too."""
    shown = {key: value for key, (value, _) in lines().items() if key.startswith("turn.server.")}
    text = "[[turn.server]]\n" + "\n".join(
        f"{key.rpartition('.')[2]} = {value}" for key, value in shown.items()
    )
    assert (TurnServer(name="", host=""),) == parse(tomllib.loads(text)).turn.server
