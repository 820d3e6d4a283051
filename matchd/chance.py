"""Names drawn at random, where one is needed all day: the kernel is asked for many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator


def drawn(length: int, write: Callable[[int], str]) -> Iterator[str]:
    """Names of so many characters, for ever, cut from longer ones that `write` makes of random bytes
    (`secrets.token_hex`, `secrets.token_urlsafe`): so each character is as random as theirs.
    """
    while True:
        # A multiple of three, after which base64 has no character that is only a part.
        many = write(48 * length)
        for at in range(0, len(many) - length + 1, length):
            yield many[at : at + length]
