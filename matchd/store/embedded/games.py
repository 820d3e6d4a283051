"""Games in the embedded store (wire.md 6). Backend-internal.

What outlives a game, its result and its ratings, is in the database. A game that ends is written
there first and ended in memory then; whoever comes meanwhile waits, so both are one step for
everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from heapq import nsmallest

import trio
from msgspec.structs import replace

from matchd.domain.games import Game, State
from matchd.domain.ids import AccountId, GameId, NodeId
from matchd.domain.played import GameChange, Played, history_of
from matchd.domain.ratings import Rating
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.played import all_ratings_of, history, keep_played, ratings_of
from matchd.store.embedded.pool import Pool
from matchd.store.ports import DeadNode, GameDeed, GamesDue, PlayCounts


class EmbeddedGames:
    """The port of games over the pool's book and the database."""

    def __init__(self, pool: Pool, database: Database) -> None:
        self._pool = pool
        self._book = pool.play
        self._database = database
        self._ending: dict[GameId, trio.Event] = {}

    async def change(
        self, game_id: GameId, deed: GameDeed, now: float, *, node: NodeId | None = None
    ) -> GameChange | DeadNode:
        """Do a deed; between the look and the step comes nothing but the result on its way to disk."""
        book = self._book
        while (ending := self._ending.get(game_id)) is not None:
            await ending.wait()
        before = book.games.get(game_id)
        after = deed(before, now)
        if after is before:
            return GameChange(before, after)
        if node is not None and not self._lives(node):
            return DeadNode()
        if after is not None:
            after = replace(after, version=1 if before is None else before.version + 1)
        change = GameChange(before, after)
        if before is None or after is None or not change.ended:
            book.replace(before, after)
            return change
        return await self._end(before, after, now)

    async def get(self, game_id: GameId) -> Game | None:
        """One game."""
        return self._book.games.get(game_id)

    async def page(self, after: GameId | None, limit: int) -> tuple[Game, ...]:
        """Games in order of their ids."""
        ids = (one for one in self._book.games if after is None or one > after)
        return tuple(self._book.games[one] for one in nsmallest(limit, ids))

    async def due(self, limit: int, now: float) -> GamesDue:
        """What has to be looked at now."""
        if self._pool.pulse.is_calm(now):
            return GamesDue((), ())
        dead = ((node, games) for node, games in self._book.nodes() if not self._lives(node))
        bereft = tuple((game, node) for node, games in dead for game in games)
        return GamesDue(self._book.expired(limit, now), bereft[:limit])

    async def history(
        self, account: AccountId, after: str | None, limit: int
    ) -> tuple[tuple[str, Played], ...]:
        """Somebody's games."""
        return self._database.read(partial(history, account, after, limit))

    async def ratings(self, mode: str, accounts: Iterable[AccountId]) -> dict[AccountId, Rating]:
        """The ratings of those who have one."""
        return self._database.read(partial(ratings_of, mode, tuple(accounts)))

    async def rated(self, account: AccountId) -> dict[str, Rating]:
        """All ratings of somebody."""
        return self._database.read(partial(all_ratings_of, account))

    async def play_counts(self) -> PlayCounts:
        """How many there are."""
        games = sum(one.state is not State.FINISHED for one in self._book.games.values())
        return PlayCounts(len(self._book.tickets), games)

    async def _end(self, before: Game, after: Game, now: float) -> GameChange:
        played = history_of(after)
        if played is not None:
            over = self._ending[after.id] = trio.Event()
            try:
                # A caller who is cancelled must not leave the result on the disk and the game in play.
                with trio.CancelScope(shield=True):
                    await self._database.write(partial(keep_played, played))
            finally:
                del self._ending[after.id]
                over.set()
        return GameChange(before, after, self._book.end(before, after, now))

    def _lives(self, node: NodeId) -> bool:
        known = self._pool.nodes.get(node)
        return known is not None and not known.ended
