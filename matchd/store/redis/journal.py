"""The journal and the audit log in Redis, and the scripts about them. Backend-internal."""

from __future__ import annotations

from typing import Any

from matchd.domain.journal import (
    SCAN,
    Book,
    Bounds,
    Kept,
    Leaf,
    Line,
    in_order,
    names_of,
    pack,
    unpack,
)
from matchd.store.redis.suites import Suite, SuiteCaller

JOURNAL = Suite(
    "journal",
    ("schema", "journal", "audit", "journal_books", "journal_index"),
    ("append", "page", "prune", "trace"),
    frozenset(("page", "trace")),
)

PRUNED = 500
"""Lines that one script drops at most."""


class RedisJournal:
    """The port of the journal over the scripts."""

    def __init__(self, caller: SuiteCaller, prefix: str) -> None:
        self._caller = caller
        self._prefix = prefix

    async def append(
        self,
        book: Book,
        lines: tuple[Line, ...],
        bounds: Bounds,
        now: float,
        *,
        batch: str | None = None,
    ) -> None:
        """Write lines."""
        writer = "" if batch is None else batch.rpartition(":")[0]
        ask = {
            **_asked(book, bounds),
            "batch": batch,
            "lines": [list(one) for one in zip(map(pack, lines), names_of(lines), strict=True)],
        }
        mark = f"{{{self._prefix}}}:journal_batch:{book}:{writer}"
        await self._caller.run("append", ask, now, mark)

    async def trace(self, name: str, limit: int) -> tuple[Line, ...]:
        """Lines that name something so."""
        raw = await self._caller.run("trace", {"name": name, "limit": limit})
        return in_order(map(unpack, raw))[-limit:]

    async def page(self, book: Book, after: int | None, limit: int, event: str | None) -> Leaf:
        """Lines behind a number, or the latest."""
        ask = {"book": book.value, "after": after, "limit": limit, "event": event, "scan": SCAN}
        raw = await self._caller.run("page", ask)
        kept = tuple(Kept(int(seq), unpack(text)) for seq, text in raw["lines"])
        return Leaf(kept, int(raw["cursor"]))

    async def prune(self, book: Book, bounds: Bounds, now: float) -> int:
        """Drop what is beyond the bounds."""
        return int(await self._caller.run("prune", _asked(book, bounds), now))


def _asked(book: Book, bounds: Bounds) -> dict[str, Any]:
    return {"book": book.value, "count": bounds.count, "age": bounds.age, "pruned": PRUNED}
