"""The port of games (wire.md 6): records changed by compare-and-set, history, ratings.

A deed is a function of the domain: it is given the game as it stands (None: there is none) and the
store's time, and returns what it shall be (None: nothing); it may be called more than once, and an
exception of its own leaves everything as it was. The step that ends a game frees its players, puts
tickets back into the queue, cools down who broke it, and keeps results and ratings: all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from matchd.domain.games import Game
from matchd.domain.ids import AccountId, GameId, NodeId
from matchd.domain.played import GameChange, Played
from matchd.domain.ratings import Rating
from matchd.store.ports.lobbies import DeadNode

GameDeed = Callable[[Game | None, float], Game | None]


class GamesDue(msgspec.Struct, frozen=True):
    """Games whose deadline is over, and those with sockets of nodes that are dead."""

    expired: tuple[GameId, ...]
    bereft: tuple[tuple[GameId, NodeId], ...]


class PlayCounts(msgspec.Struct, frozen=True):
    """How many there are; finished games that can still be asked for are not counted."""

    tickets: int
    games: int


class GamesPort(Protocol):
    """Games: who plays with whom."""

    async def change(
        self, game_id: GameId, deed: GameDeed, now: float, *, node: NodeId | None = None
    ) -> GameChange | DeadNode:
        """Do a deed; `node` has to have a lease."""

    async def get(self, game_id: GameId) -> Game | None:
        """One game."""

    async def page(self, after: GameId | None, limit: int) -> tuple[Game, ...]:
        """Up to `limit` games in order of their ids, behind one; also those that were just finished."""

    async def due(self, limit: int, now: float) -> GamesDue:
        """What has to be looked at now, up to `limit` of each; no deadlines just after an outage."""

    async def history(
        self, account: AccountId, after: str | None, limit: int
    ) -> tuple[tuple[str, Played], ...]:
        """Up to `limit` of somebody's games, the latest first, behind a key; each with its key."""

    async def ratings(self, mode: str, accounts: Iterable[AccountId]) -> dict[AccountId, Rating]:
        """The ratings of those who have one."""

    async def rated(self, account: AccountId) -> dict[str, Rating]:
        """All ratings of somebody, by modes."""

    async def play_counts(self) -> PlayCounts:
        """How many there are."""
