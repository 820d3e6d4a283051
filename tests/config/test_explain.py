"""What the decoder refuses is told with path, value and what is allowed."""

from pathlib import Path

import pytest

from tests.config.house import complaint, furnish

RANGE = "a number above 0, at most 86400"
CASES = {
    "hosts.ttl = 3": "hosts.ttl = 3: allowed is a whole number from 5 to 3600",
    "hosts.ttl = 30.0": "hosts.ttl = 30.0: allowed is a whole number from 5 to 3600",
    'hosts.ttl = "30"': 'hosts.ttl = "30": allowed is a whole number from 5 to 3600',
    "turn.ttl = true": "turn.ttl = true: allowed is a whole number from 60 to 86400",
    "server.drain = 0": f"server.drain = 0: allowed is {RANGE}",
    "server.drain = nan": f"server.drain = nan: allowed is {RANGE}",
    "server.drain = inf": f"server.drain = inf: allowed is {RANGE}",
    "turn.refresh_before = 1": "turn.refresh_before = 1: allowed is a number above 0, below 1",
    "log.level = 'loud'": 'log.level = "loud": allowed is "debug" or "error" or "info" or "warning"',
    "auth.guests = ['fly']": (
        'auth.guests[0] = "fly": allowed is "find" or "lobbies" or "report" or "rooms"'
    ),
    "auth.token_issuer = ''": 'auth.token_issuer = "": allowed is a string that is not empty',
    "hosts.recognise_by_address = 1": "hosts.recognise_by_address = 1: allowed is true or false",
    "server.listen = 'x'": 'server.listen = "x": allowed is a list of strings',
    "server.listen = [1]": "server.listen[0] = 1: allowed is a string",
    "metrics.allow = [2020-01-01]": "metrics.allow[0] = 2020-01-01: allowed is a string",
    "turn.stun = ['a', 'b', 'c']": 'turn.stun = ["a", "b", "c"]: allowed is a list of strings, '
    "at most 2",
    "turn.server = 3": "turn.server = 3: allowed is a list of tables",
    "server = 3": "server = 3: allowed is a table",
    "hosts.tll = 1": "hosts.tll is not a known key; did you mean ttl?",
    "hots.ttl = 1": "hots is not a known key; did you mean hosts?",
    "log.wood = 1": "log.wood is not a known key; allowed are level, format",
    "[[turn.server]]\nname = 'a'": "turn.server[0].host is missing",
    "[[turn.server]]\nname = 'a'\nhost = 'b'\nsecret = 'c'": "turn.server[0].secret is not a known "
    "key; did you mean secret_file?",
    "[[turn.server]]\nname = 'a'\nhost = 'b'\nudp_port = 70000": "turn.server[0].udp_port = 70000: "
    "allowed is a whole number from 0 to 65535",
    "games.modes = 3": "games.modes = 3: allowed is a table",
    "games.modes.duel = 3": "games.modes.duel = 3: allowed is a table",
    "[games.modes.solo]\n[games.modes.duel]\nplayers = 1": "games.modes.duel.players = 1: allowed is "
    "a whole number from 2 to 64",
    "[games.modes.duel]\nsides = []": "games.modes.duel.sides = []: allowed is a list of strings, at "
    "least 1, at most 64",
    "[games.modes.duel]\nsides = ['a', 3]": "games.modes.duel.sides[1] = 3: allowed is a string",
    "[games.modes.duel]\ngrase = 3": "games.modes.duel.grase is not a known key; did you mean grace?",
    "[games.modes.'a b']": 'games.modes: "a b" is no name: allowed are 1 to 64 of A-Z a-z 0-9 _ -',
}


@pytest.mark.parametrize(("text", "expected"), CASES.items(), ids=list(CASES))
def test_a_wrong_value_is_explained(tmp_path: Path, text: str, expected: str) -> None:
    """Unknown keys, wrong types and values out of range name the path, the value, the allowed."""
    assert expected == complaint(furnish(tmp_path, text))


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    """A value of a thousand characters does not fill the terminal."""
    text = complaint(furnish(tmp_path, f"hosts.ttl = '{'x' * 1000}'"))
    assert "xxx...: allowed is a whole number from 5 to 3600" in text
    assert len(text) < 200


BROKEN = {
    "[server\n": "not valid TOML: ",
    "a = 1\na = 2\n": "not valid TOML: ",
    f"a = {'[' * 20_000}": "not valid TOML: nested too deeply",
    f"a = {'1' * 5000}": "not valid TOML: ",
}


@pytest.mark.parametrize(
    ("text", "expected"), BROKEN.items(), ids=["table", "twice", "deep", "big"]
)
def test_broken_toml_is_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    """Text that is no TOML is refused, whatever the parser makes of it."""
    assert complaint(furnish(tmp_path, text)).startswith(expected)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused as such."""
    path = furnish(tmp_path)
    path.write_bytes(b'\xff\xfe = "x"')
    assert complaint(path).startswith("not valid TOML: 'utf-8' codec")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """A directory in the place of the file is told as that."""
    assert complaint(tmp_path) == "Is a directory"
