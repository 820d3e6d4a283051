"""Reading the journal and the audit log, for administrators (wire.md 9)."""

from __future__ import annotations

from contextlib import suppress

from matchd.domain import ids
from matchd.domain.ids import NodeId
from matchd.domain.journal import TRACED, Book, Leaf, Line, event_named, traced
from matchd.errors import InvalidRequest, NotFound
from matchd.services.hub import Hub
from matchd.store.ports import PeopleStore


class Tracer:
    """What happened to something, and what happened at all."""

    def __init__(self, store: PeopleStore, hub: Hub) -> None:
        self._store = store
        self._hub = hub

    @property
    def node(self) -> NodeId:
        """The node that reads."""
        return self._hub.node

    async def trace(self, name: str) -> tuple[str, tuple[Line, ...]]:
        """What happened to whatever has this id, or to the player who is called so; and its id."""
        lines = await self._store.journal.trace(traced(name), TRACED)
        if not lines:
            name = await self._account(name)
            lines = await self._store.journal.trace(name, TRACED)
        if not lines:
            raise NotFound("Nothing is known of this id (any more).")
        return name, lines

    async def page(self, book: Book, after: int | None, limit: int, event: str | None) -> Leaf:
        """Lines of a book behind a number, or the latest; of one event or noun, if one is named."""
        return await self._store.journal.page(book, after, limit, event_named(event))

    async def _account(self, name: str) -> str:
        with suppress(InvalidRequest):
            account = await self._store.accounts.by_handle(ids.handle(name, "id"))
            return name if account is None else account.id
        return name
