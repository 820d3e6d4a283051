"""What players hear in a game (wire.md 6)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.domain.games import State


class _Heard(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    pass


class PlayerState(msgspec.Struct, frozen=True, kw_only=True):
    """A player in a game."""

    id: str
    username: str
    score: float
    side: str
    ready: bool
    connected: bool


class GameState(_Heard, frozen=True, kw_only=True, tag="game_state"):
    """How things stand: first, at every change of `state`, and before the game whenever somebody comes
    or goes.
    """

    id: str
    state: State
    mode: str
    players: tuple[PlayerState, ...]


class PlayerReady(_Heard, frozen=True, kw_only=True, tag="player_ready"):
    """Somebody is ready."""

    user_id: str


class GameStart(_Heard, frozen=True, kw_only=True, tag="game_start"):
    """All are ready."""


class PlayerMove(_Heard, frozen=True, kw_only=True, tag="player_move"):
    """Somebody has moved; `seq` goes up with each of his moves."""

    user_id: str
    seq: int
    movement: msgspec.Raw


class GameAction(_Heard, frozen=True, kw_only=True, tag="game_action"):
    """Somebody has done something."""

    user_id: str
    seq: int
    action: str
    data: msgspec.Raw


class PlayerDisconnected(_Heard, frozen=True, kw_only=True, tag="player_disconnected"):
    """Somebody has lost his socket, and has to be back by then."""

    user_id: str
    deadline: int


class PlayerReconnected(_Heard, frozen=True, kw_only=True, tag="player_reconnected"):
    """Somebody is back."""

    user_id: str


class GameOver(_Heard, frozen=True, kw_only=True, tag="game_over"):
    """The last word. `winner` is a player's id, or a side where several play on one; `requeued` says
    whether the hearer is back in the queue, at `position`.
    """

    reason: str
    winner: str | None
    scores: Annotated[dict[str, float], msgspec.Meta(description="By the player's id.")]
    requeued: bool
    position: int | None


class GameError(_Heard, frozen=True, kw_only=True, tag="error"):
    """What was just said was not done."""

    code: str
    error: str


class GameReauthAsked(_Heard, frozen=True, kw_only=True, tag="reauth"):
    """With `v=1`: the token expires then; send the next one."""

    deadline: int


class GameReauthed(_Heard, frozen=True, kw_only=True, tag="reauthed"):
    """The next token is taken."""

    expires_at: int = msgspec.field(name="expiresAt")


class GameGoingAway(_Heard, frozen=True, kw_only=True, tag="going_away"):
    """The server restarts: come back when the socket closes."""

    deadline: int
