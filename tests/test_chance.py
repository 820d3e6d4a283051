"""Names drawn at random: each its own, as long as asked for, and of all characters alike."""

from __future__ import annotations

import secrets
import string
from collections import Counter
from itertools import islice

from matchd.chance import drawn


def test_names_are_whole_and_never_the_same() -> None:
    """Also where one batch ends and the next begins."""
    names = list(islice(drawn(22, secrets.token_urlsafe), 1000))
    assert {len(name) for name in names} == {22}
    assert len(set(names)) == 1000
    assert set("".join(names)) == set(string.ascii_letters + string.digits + "-_")


def test_the_last_character_is_as_random_as_the_first() -> None:
    """A name is cut out of base64 where no character stands for a rest of a few bits."""
    names = list(islice(drawn(22, secrets.token_urlsafe), 20_000))
    for place in (0, 21):
        found = Counter(name[place] for name in names)
        assert len(found) == 64
        assert max(found.values()) < 2 * min(found.values())


def test_names_of_hexadecimal_digits() -> None:
    """As requests are called."""
    names = list(islice(drawn(16, secrets.token_hex), 500))
    assert {len(name) for name in names} == {16}
    assert set("".join(names)) <= set(string.hexdigits.lower())
