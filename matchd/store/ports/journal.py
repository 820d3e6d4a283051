"""The port of the journal and the audit log (domain/journal.py). Times are wall-clock seconds."""

from __future__ import annotations

from typing import Protocol

from matchd.domain.journal import Book, Bounds, Leaf, Line


class JournalPort(Protocol):
    """The two books."""

    async def append(
        self,
        book: Book,
        lines: tuple[Line, ...],
        bounds: Bounds,
        now: float,
        *,
        batch: str | None = None,
    ) -> None:
        """Write up to GROUP lines behind those of a book, and drop some that are beyond its bounds.

        The batch that a writer wrote last (`writer:number`) is not written again; whoever gives none
        has his lines written in any case.
        """

    async def trace(self, name: str, limit: int) -> tuple[Line, ...]:
        """The latest lines of both books that name something so, in the order they happened."""

    async def page(self, book: Book, after: int | None, limit: int, event: str | None) -> Leaf:
        """Lines behind a number, or the latest; if an event or a noun is named, those of it only.
        A look for one goes through SCAN lines at most.
        """

    async def prune(self, book: Book, bounds: Bounds, now: float) -> int:
        """Drop lines that are beyond the bounds, in a bounded step; how many."""
