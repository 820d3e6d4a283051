"""A command as its bytes on the wire (RESP). Backend-internal.

redis-py's pipeline spends more on a script's two dozen arguments than Redis spends on most commands.
Nearly all of them repeat (the hash, the keys, channels), so what is text is packed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from matchd.store.redis.link.port import Command

_TEXTS = 4096
"""Texts that are remembered: those of every script, and of the nodes and hosts heard of last."""


def packed(commands: Sequence[Command]) -> bytes:
    """Commands, one after another, as Redis reads them; a name of two words (CONFIG GET) is two."""
    parts: list[bytes] = []
    for name, *rest in commands:
        words = (*str(name).split(), *rest)
        parts.append(b"*%d\r\n" % len(words))
        parts += [_text(word) if isinstance(word, str) else _word(word) for word in words]
    return b"".join(parts)


@lru_cache(maxsize=_TEXTS)
def _text(word: str) -> bytes:
    return _word(word.encode())


def _word(word: bytes | float) -> bytes:
    data = word if isinstance(word, bytes) else repr(word).encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)
