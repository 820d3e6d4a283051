"""What is said on a game's socket (wire.md 6), and the bodies of the queue's routes. Pure.

What a player is told of a game follows from the game as he knew it and the game as it is (`tidings`),
so that nothing is lost with a piece of news.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec

from matchd.domain import ids
from matchd.domain.games import Game, Player, Scores
from matchd.domain.ids import AccountId, LobbyId, Region
from matchd.domain.played import Played
from matchd.domain.queue import Place
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import Answer, Body, decode
from matchd.protocol.texts import IdText, RegionText

PROPERTIES = 1024
"""Bytes that the properties of a ticket may have."""

NOT_QUEUED = "User not in queue"
"""The given words for somebody who is not."""

Score = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]


class JoinBody(Body, frozen=True, kw_only=True):
    """`POST /game/join/`."""

    mode: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "default"
    region: RegionText | None = None
    properties: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)
    party: IdText | None = None

    def region_id(self) -> Region | None:
        """Where he wants to play; None: anywhere."""
        return None if self.region is None else ids.region(self.region, "region")

    def party_id(self) -> LobbyId | None:
        """With whom."""
        return None if self.party is None else ids.lobby_id(self.party, "party")

    def properties_text(self) -> str:
        """What has to be equal, as one text for equal values."""
        text = msgspec.json.encode(self.properties, order="sorted").decode()
        if len(text) > PROPERTIES:
            raise InvalidRequest(f"`properties` must be at most {PROPERTIES} bytes.")
        return text


class InQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the queue, in the given words."""

    success: str = "User added to queue"
    queued: bool = True
    position: int
    size: int
    eta: int | None = msgspec.field(name="etaSeconds")
    mode: str


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """A game to connect to, in the given words."""

    success: str = "Match created"
    queued: bool = False
    game_id: str
    websocket: str


class PlayedView(Answer, frozen=True, kw_only=True, rename=None):
    """A line of a history."""

    id: str
    mode: str
    reason: str
    winner: str | None
    scores: dict[AccountId, float]
    players: list[dict[str, str]]
    started_at: int = msgspec.field(name="startedAt")
    ended_at: int = msgspec.field(name="endedAt")


def in_queue(place: Place) -> InQueue:
    """How a place is told."""
    return InQueue(position=place.position, size=place.size, eta=place.eta, mode=place.ticket.mode)


def matched(game: Game) -> Matched:
    """How a game is told."""
    return Matched(game_id=game.id, websocket=f"/ws/game/{game.id}/")


def played_view(played: Played, names: Mapping[AccountId, str]) -> PlayedView:
    """How a game that is over is told; who is gone has no name any more."""
    return PlayedView(
        id=played.game,
        mode=played.mode,
        reason=played.reason.value,
        winner=played.winner,
        scores=_shown(played.scores),
        players=[
            {"id": account, "side": side}
            | ({"username": names[account]} if account in names else {})
            for account, side in played.players
        ],
        started_at=int(played.started_at),
        ended_at=int(played.ended_at),
    )


class _Said(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class Ready(_Said, frozen=True, tag="player_ready"):
    """I am ready."""


class Move(_Said, frozen=True, tag="player_move"):
    """For the others; nobody here looks into it."""

    movement: msgspec.Raw


class Action(_Said, frozen=True, tag="game_action"):
    """For the others too, but for `finish`, which is a report."""

    action: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    data: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Resync(_Said, frozen=True, tag="resync"):
    """Tell me how things stand."""


class Reauth(_Said, frozen=True, tag="reauth"):
    """My next token."""

    token: str


class _Report(msgspec.Struct, frozen=True):
    scores: dict[str, Score]


Said = Ready | Move | Action | Resync | Reauth


def said(text: str) -> Said:
    """What a player says; InvalidRequest names what is wrong."""
    return decode(text, Said, "message")  # type: ignore[arg-type]  # a union is a type to the decoder


def scores_in(data: msgspec.Raw) -> dict[str, float]:
    """The result in a `finish`."""
    return decode(bytes(data), _Report).scores


def moved(player: AccountId, seq: int, movement: msgspec.Raw) -> bytes:
    """A move, as the others get it."""
    return frame("player_move", user_id=player, seq=seq, movement=movement)


def acted(player: AccountId, seq: int, action: Action) -> bytes:
    """An action, as the others get it."""
    return frame("game_action", user_id=player, seq=seq, action=action.action, data=action.data)


def frame(kind: str, **fields: object) -> bytes:
    """One message of ours."""
    return msgspec.json.encode({"type": kind, **fields})


def game_state(game: Game) -> bytes:
    """How things stand."""
    scores = {} if game.outcome is None else _shown(game.outcome.scores)
    players = [
        {
            "id": one.account,
            "username": one.handle,
            "score": scores.get(one.account, 0),
            "side": one.side,
            "ready": one.ready,
            "connected": one.here is not None,
        }
        for one in game.players
    ]
    return frame("game_state", id=game.id, state=game.state, mode=game.mode.name, players=players)


def tidings(
    before: Game,
    after: Game,
    me: AccountId,
    position: int | None,
    shown: Callable[[float], int],
) -> list[bytes]:
    """What a player has to be told, in its order; `shown` makes a time one of the wire."""
    pairs = list(zip(before.players, after.players, strict=True))
    frames = [_coming_and_going(old, new, shown) for old, new in pairs]
    frames += [
        frame("player_ready", user_id=new.account)
        for old, new in pairs
        if new.ready and not old.ready
    ]
    # Before the game begins there are no other words for who comes and goes.
    gathering = after.started_at is None and _connected(before) != _connected(after)
    if after.state is not before.state or gathering:
        frames.append(game_state(after))
    if before.started_at is None and after.started_at is not None:
        frames.append(frame("game_start"))
    if after.outcome is not None and before.outcome is None:
        frames.append(_over(after, me, position))
    return [one for one in frames if one is not None]


def _shown(scores: Scores) -> dict[AccountId, float]:
    """Scores by player; whole ones without a fraction."""
    return {who: int(score) if score.is_integer() else score for who, score in scores}


def _connected(game: Game) -> list[bool]:
    return [one.here is not None for one in game.players]


def _coming_and_going(old: Player, new: Player, shown: Callable[[float], int]) -> bytes | None:
    if new.away_until is not None and new.away_until != old.away_until:
        return frame("player_disconnected", user_id=new.account, deadline=shown(new.away_until))
    if old.away_until is not None and new.here is not None:
        return frame("player_reconnected", user_id=new.account)
    return None


def _over(game: Game, me: AccountId, position: int | None) -> bytes:
    outcome = game.outcome
    assert outcome is not None
    back: Any = any(me in ticket.accounts for ticket in outcome.requeued)
    return frame(
        "game_over",
        reason=outcome.reason,
        winner=outcome.winner,
        scores=_shown(outcome.scores),
        requeued=back,
        position=position if back else None,
    )
