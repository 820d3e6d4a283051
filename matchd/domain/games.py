"""Games: the record, and the machine of the given diagram (wire.md 6). Pure.

Theory of operation: each deed is a function of a game, what is done, and the time, and returns the
game as it is then (the same object: nothing has changed). What is not allowed in a state is one
exception. Deadlines are part of the record; `expire` applies those that are over.

    waiting_for_players ──everyone connected──► waiting_for_ready ──everyone ready──► active
            │                                          │                                │
            │ not_joined                               │ not_ready      agreed, disputed, or only one
            ▼                                          ▼                side has not forfeited
        finished ◄──────────────────────────────────────────────────────────────────────┘
            │ KEPT seconds later
            ▼
          gone

In both waiting states nobody but those who did not come, or did not get ready, loses anything: the
tickets of the others go back to the queue in the same step. Who leaves before the game is active is
not ready any more. In an active game who is away has his grace, and forfeits at its end; while all
who have not forfeited are away nothing is decided. What the end of an active game means stands in
`verdicts`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from matchd.domain.ids import AccountId, Address, GameId, Handle, NodeId, TicketId
from matchd.domain.pairing import seating
from matchd.domain.queue import Mode, Ticket, requeued
from matchd.domain.ratings import Rating
from matchd.errors import GameOver, NotAPlayer, Untimely

KEPT = 60.0
"""Seconds that a finished game can still be asked for."""

DISPUTE = 10.0
"""Seconds after the last could report until results that differ end in a dispute."""

Scores = tuple[tuple[AccountId, float], ...]
"""What each player has, in the order of their ids."""


class State(enum.StrEnum):
    """What a game waits for."""

    JOINING = "waiting_for_players"
    READYING = "waiting_for_ready"
    ACTIVE = "active"
    FINISHED = "finished"


class Reason(enum.StrEnum):
    """Why a game is over."""

    FINISHED = "finished"
    LEFT = "player_disconnected"
    NOT_READY = "not_ready"
    NOT_JOINED = "not_joined"
    DISPUTED = "disputed"


class Verb(enum.Enum):
    """What a player does in a game."""

    CONNECT = enum.auto()
    READY = enum.auto()
    PLAY = enum.auto()
    REPORT = enum.auto()


_MAY = {
    Verb.CONNECT: frozenset((State.JOINING, State.READYING, State.ACTIVE)),
    Verb.READY: frozenset((State.JOINING, State.READYING, State.ACTIVE)),
    Verb.PLAY: frozenset((State.ACTIVE,)),
    Verb.REPORT: frozenset((State.ACTIVE,)),
}


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a game. `here` is his socket, and `stints` how many he has had; `away_until` is the
    end of his grace; `report` is the result as he says it.
    """

    account: AccountId
    handle: Handle
    side: str
    rating: Rating = Rating()
    here: Address | None = None
    stints: int = 0
    ready: bool = False
    away_until: float | None = None
    forfeited: bool = False
    report: Scores | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a game ended. `winner` is a player's id, or the name of a side of several; None: nobody.
    `guilty` broke the match; `ratings` are the new ones; `requeued` went back to the queue.
    """

    reason: Reason
    winner: str | None = None
    scores: Scores = ()
    guilty: tuple[AccountId, ...] = ()
    ratings: tuple[tuple[AccountId, Rating], ...] = ()
    requeued: tuple[Ticket, ...] = ()


class Game(msgspec.Struct, frozen=True, kw_only=True):
    """One game; the mode is kept with it, whatever becomes of the configuration. Times are in the
    store's clock: `since` is when its state began, `verdict_at` when differing reports are a dispute.
    `version` counts its changes, from 1.
    """

    id: GameId
    mode: Mode
    players: tuple[Player, ...]
    tickets: tuple[Ticket, ...]
    created_at: float
    since: float
    state: State = State.JOINING
    started_at: float | None = None
    verdict_at: float | None = None
    outcome: Outcome | None = None
    version: int = 1

    def player(self, account: str | None) -> Player | None:
        """Somebody who plays it."""
        return next((one for one in self.players if one.account == account), None)

    @property
    def standing(self) -> tuple[Player, ...]:
        """Those who have not forfeited."""
        return tuple(one for one in self.players if not one.forfeited)

    @property
    def awaited(self) -> bool:
        """Whether somebody who may still report is in his grace."""
        return any(one.here is None and one.report is None for one in self.standing)

    @property
    def deadline(self) -> float | None:
        """When `expire` will change it, as far as is known now."""
        match self.state:
            case State.JOINING:
                return self.since + self.mode.join_timeout
            case State.READYING:
                return self.since + self.mode.ready_timeout
            case State.FINISHED:
                return self.since + KEPT
        graces = [one.away_until for one in self.standing if one.away_until is not None]
        if self.verdict_at is not None and not self.awaited:
            graces.append(self.verdict_at)
        return min(graces, default=None)


def create(game_id: GameId, mode: Mode, tickets: tuple[Ticket, ...], now: float = 0.0) -> Game:
    """The game that these tickets make, which `pairing` has found to fit."""
    sides = seating(mode, tickets)
    assert sides is not None
    players = tuple(
        Player(account=one.account, handle=one.handle, side=sides[one.account], rating=one.rating)
        for ticket in tickets
        for one in ticket.entrants
    )
    return Game(id=game_id, mode=mode, players=players, tickets=tickets, created_at=now, since=now)


def permit(game: Game, account: str | None, verb: Verb) -> Player:
    """The player, if he may do this now."""
    player = game.player(account)
    if player is None:
        raise NotAPlayer
    if game.state is State.FINISHED or player.forfeited:
        raise GameOver
    if game.state not in _MAY[verb]:
        raise Untimely(f"This can't be done while the game is {game.state}.")
    return player


def seat(game: Game, account: AccountId, address: Address, now: float) -> Game:
    """A player's socket has come, in the place of the one he had (`verdicts.connect` is the deed)."""
    player = permit(game, account, Verb.CONNECT)
    back = replace(player, here=address, stints=player.stints + 1, away_until=None)
    after = _with(game, back)
    if after.verdict_at is not None and back.report is None:
        after = replace(after, verdict_at=now + DISPUTE)
    return _advance(after, now)


def disconnect(game: Game, account: AccountId, address: Address, now: float) -> Game:
    """A player's socket has gone; one that was replaced means nothing."""
    player = game.player(account)
    if player is None or player.here != address or game.state is State.FINISHED:
        return game
    if game.state is not State.ACTIVE:
        return _with(game, replace(player, here=None, ready=False))
    return _with(game, replace(player, here=None, away_until=now + game.mode.grace))


def bereave(game: Game, node: NodeId, now: float) -> Game:
    """A node has died, and all sockets with it."""
    for player in game.players:
        if player.here is not None and player.here.node == node:
            game = disconnect(game, player.account, player.here, now)
    return game


def restored(game: Game, shift: float, now: float) -> Game:
    """The game after a restart, which has cost every socket; the deadlines begin anew."""
    for player in game.players:
        if player.here is not None:
            game = disconnect(game, player.account, player.here, now)
    graces = tuple(
        replace(one, away_until=None if one.away_until is None else now + game.mode.grace)
        for one in game.players
    )
    return replace(
        game,
        players=graces,
        tickets=tuple(replace(one, joined_at=one.joined_at + shift) for one in game.tickets),
        created_at=game.created_at + shift,
        since=now,
        started_at=None if game.started_at is None else game.started_at + shift,
        verdict_at=None if game.verdict_at is None else now + DISPUTE,
    )


def get_ready(game: Game, account: AccountId, address: Address, now: float) -> Game:
    """A player is ready, once and for all."""
    player = permit(game, account, Verb.READY)
    if player.here != address:
        raise Untimely("A newer socket of yours plays this game.")
    if player.ready:
        return game
    return _advance(_with(game, replace(player, ready=True)), now)


def _advance(game: Game, now: float) -> Game:
    """On to the next state, as far as everybody is there and ready."""
    if game.state is State.JOINING and all(one.here is not None for one in game.players):
        game = replace(game, state=State.READYING, since=now)
    if game.state is State.READYING and all(one.ready for one in game.players):
        game = replace(game, state=State.ACTIVE, since=now, started_at=now)
    return game


def abandon(game: Game, now: float, fresh: Callable[[], TicketId]) -> Game:
    """End a game whose players did not come, or did not get ready, in time."""
    joining = game.state is State.JOINING
    late = (one for one in game.players if (one.here is None if joining else not one.ready))
    guilty = frozenset(one.account for one in late)
    back = (requeued(ticket, guilty, fresh()) for ticket in game.tickets)
    outcome = Outcome(
        reason=Reason.NOT_JOINED if joining else Reason.NOT_READY,
        guilty=tuple(sorted(guilty)),
        requeued=tuple(ticket for ticket in back if ticket is not None),
    )
    return finish(game, outcome, now)


def finish(game: Game, outcome: Outcome, now: float) -> Game:
    """End a game."""
    return replace(game, state=State.FINISHED, since=now, verdict_at=None, outcome=outcome)


def _with(game: Game, player: Player) -> Game:
    players = tuple(player if one.account == player.account else one for one in game.players)
    return replace(game, players=players)
