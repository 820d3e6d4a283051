"""What is kept of a game by every backend: lines of a history, and how records are written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from matchd.domain.games import Game, Reason, Scores, State
from matchd.domain.ids import AccountId, GameId, NodeId, TicketId
from matchd.domain.queue import Ticket
from matchd.domain.ratings import Rating

HISTORY = 500
"""Games that are kept of one account."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One game that was played, as it is told later. Players are named by their ids alone, since names
    may change and accounts go.
    """

    game: GameId
    mode: str
    reason: Reason
    winner: str | None
    scores: Scores
    players: tuple[tuple[AccountId, str], ...]
    started_at: float
    ended_at: float
    ratings: tuple[tuple[AccountId, Rating], ...] = ()


class GameChange(msgspec.Struct, frozen=True):
    """One step of a game; `positions` of the tickets that went back to the queue."""

    before: Game | None
    after: Game | None
    positions: dict[TicketId, int] = {}

    @property
    def ended(self) -> bool:
        """Whether the game has ended by this."""
        over = self.after is not None and self.after.outcome is not None
        return over and (self.before is None or self.before.outcome is None)


_LAST = 10**16

_encode = msgspec.json.Encoder().encode
_ticket = msgspec.json.Decoder(Ticket).decode
_game = msgspec.json.Decoder(Game).decode
_played = msgspec.json.Decoder(Played).decode


def pack(value: Ticket | Game | Played) -> str:
    """A record as text, for stores."""
    return _encode(value).decode()


def unpack_ticket(text: str | bytes) -> Ticket:
    """A ticket from its text."""
    return _ticket(text)


def unpack_game(text: str | bytes) -> Game:
    """A game from its text."""
    return _game(text)


def unpack_played(text: str | bytes) -> Played:
    """A line of a history from its text."""
    return _played(text)


def history_of(game: Game) -> Played | None:
    """What is kept of a game that is over; None when it was never played."""
    if game.outcome is None or game.started_at is None:
        return None
    return Played(
        game=game.id,
        mode=game.mode.name,
        reason=game.outcome.reason,
        winner=game.outcome.winner,
        scores=game.outcome.scores,
        players=tuple((one.account, one.side) for one in game.players),
        started_at=game.started_at,
        ended_at=game.since,
        ratings=game.outcome.ratings,
    )


def key_of(played: Played) -> str:
    """Where a game stands in a history: keys sort the latest first."""
    return f"{_LAST - int(played.ended_at * 1e6):016d}.{played.game}"


def nodes_of(game: Game | None) -> frozenset[NodeId]:
    """The nodes that hold its sockets, as far as a sweep has to look for them."""
    if game is None or game.state is State.FINISHED:
        return frozenset()
    return frozenset(one.here.node for one in game.players if one.here is not None)


def violations(
    tickets: Iterable[Ticket],
    games: Iterable[Game],
    queued: Mapping[AccountId, TicketId],
    playing: Mapping[AccountId, GameId],
    lines: Iterable[tuple[str, TicketId]],
) -> list[str]:
    """What does not hold among tickets, games, the seats of players, and the lines."""
    waiting, wrong = list(tickets), []
    unfinished = [game for game in games if game.state is not State.FINISHED]
    in_queue = [(account, one.id) for one in waiting for account in one.accounts]
    in_games = [(one.account, game.id) for game in unfinished for one in game.players]
    everybody = [account for account, _ in (*in_queue, *in_games)]
    if len(set(everybody)) != len(everybody):
        wrong.append("a player is in the queue or in a game twice")
    if set(in_queue) != set(queued.items()):
        wrong.append("the tickets and the players in the queue differ")
    if set(in_games) != set(playing.items()):
        wrong.append("the games and the players in them differ")
    if sorted((one.line, one.id) for one in waiting) != sorted(lines):
        wrong.append("the lines and the tickets differ")
    if any(not one.entrants for one in waiting):
        wrong.append("a ticket has no owner")
    return wrong
