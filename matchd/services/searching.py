"""Finding what a text is part of, in lists that are read page by page (wire.md 9).

Rules: nothing is indexed for it, so one search looks through `LOOKED` entries at most and says where to
go on; it may find few, or none, although there are more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

import msgspec
import trio

LOOKED = 5000
"""Entries that one search looks through."""

PIECE = 1000
"""Entries that are read at once."""

T = TypeVar("T")
Read = Callable[[str | None, int], Awaitable[tuple[T, ...]]]
"""Up to so many entries behind a cursor."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """What was found, and the cursor behind which to go on (None: there is no more)."""

    entries: tuple[T, ...]
    cursor: str | None


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A list: how it is read, what an entry's cursor is, and the words that it is found by."""

    read: Read[T]
    cursor: Callable[[T], str]
    words: Callable[[T], Iterable[str | None]]


async def search(listed: Listed[T], text: str, after: str | None, limit: int) -> Page[T]:
    """Up to `limit` entries behind a cursor that have a word which the text is part of, whatever its
    case; of an empty text all.
    """
    wanted, found, looked = text.casefold(), list[T](), 0
    while looked < LOOKED:
        size = PIECE if wanted else limit
        piece = await listed.read(after, size)
        for entry in piece:
            after, looked = listed.cursor(entry), looked + 1
            if _has(listed.words(entry), wanted):
                found.append(entry)
                if len(found) == limit:
                    return Page(tuple(found), after)
        if len(piece) < size:
            return Page(tuple(found), None)
        await trio.lowlevel.checkpoint()
    return Page(tuple(found), after)


def _has(words: Iterable[str | None], wanted: str) -> bool:
    return not wanted or any(wanted in word.casefold() for word in words if word is not None)
