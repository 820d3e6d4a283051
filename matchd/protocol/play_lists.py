"""The queue and games as administrators see them (wire.md 9). Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from matchd.domain.games import Game
from matchd.domain.queue import Ticket
from matchd.protocol.texts import JsonObject


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line: what its tickets have in common, how many they are, and since when the oldest waits."""

    mode: str
    properties: JsonObject
    waiting: int
    oldest_since: int


class GamePlayerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a game."""

    id: str
    name: str
    side: str
    connected: bool
    ready: bool
    forfeited: bool


class GameEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A game; `since` is when its state began, `reason` and `winner` are those of one that is over."""

    id: str
    mode: str
    state: str
    created_at: int
    since: int
    players: tuple[GamePlayerEntry, ...]
    reason: str | None
    winner: str | None


def queue_entry(oldest: Ticket, size: int, shown: Callable[[float], int]) -> QueueEntry:
    """A line by its oldest ticket."""
    return QueueEntry(
        mode=oldest.mode,
        properties=msgspec.Raw(oldest.properties.encode()),
        waiting=size,
        oldest_since=shown(oldest.joined_at),
    )


def game_entry(game: Game, shown: Callable[[float], int]) -> GameEntry:
    """A game."""
    outcome = game.outcome
    return GameEntry(
        id=game.id,
        mode=game.mode.name,
        state=game.state.value,
        created_at=shown(game.created_at),
        since=shown(game.since),
        players=tuple(
            GamePlayerEntry(
                id=one.account,
                name=one.handle,
                side=one.side,
                connected=one.here is not None,
                ready=one.ready,
                forfeited=one.forfeited,
            )
            for one in game.players
        ),
        reason=None if outcome is None else outcome.reason.value,
        winner=None if outcome is None else outcome.winner,
    )
