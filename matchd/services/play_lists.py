"""The queue and games as administrators see them (wire.md 9)."""

from __future__ import annotations

from matchd.domain import ids
from matchd.protocol.play_lists import GameEntry, QueueEntry, game_entry, queue_entry
from matchd.services.core import Core


class PlayLists:
    """Who waits, and who plays."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def queues(self, limit: int) -> tuple[QueueEntry, ...]:
        """The longest lines, up to `limit` of them."""
        queue, now = self._core.store.queue, self._core.clock.now()
        sizes = await queue.lines()
        found = []
        for name in sorted(sizes, key=lambda one: (-sizes[one], one))[:limit]:
            line = await queue.line(name, 1, now)
            if line.tickets:
                found.append(queue_entry(line.tickets[0], sizes[name], self._core.clock.shown))
        return tuple(found)

    async def games(self, after: str | None, limit: int) -> tuple[GameEntry, ...]:
        """A page of games."""
        cursor = None if after is None else ids.game_id(after, "cursor")
        found, shown = await self._core.store.games.page(cursor, limit), self._core.clock.shown
        return tuple(game_entry(one, shown) for one in found)
