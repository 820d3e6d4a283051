"""What is said of the routes of lobbies, the queue and games (wire.md 5, 6)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.domain.lobbies import Status
from matchd.errors import (
    BadToken,
    CoolingDown,
    GameStarted,
    InGame,
    InLobby,
    Kicked,
    LobbyFull,
    NotQueued,
    NotWhitelisted,
    PartyNotReady,
    UnknownLobby,
    UnknownMode,
    UnknownPlayer,
    WrongPassword,
)
from matchd.protocol.answers import Done, QueueLeft
from matchd.protocol.games import InQueue, JoinBody, Matched, PlayedView
from matchd.protocol.lobbies import (
    ChangeLobby,
    CreateLobby,
    InviteBody,
    Invited,
    JoinByCode,
    JoinLobby,
    LobbyView,
    PlayerBody,
    PlayerView,
    ReadyBody,
)
from matchd.protocol.texts import GameText, shaped
from matchd.turn import IceServer
from matchd.web.described.route import (
    GUEST,
    LOBBY,
    LOBBY_PLACE,
    PLAYER,
    Chapter,
    Query,
    Route,
    Who,
    cursor,
    limit,
    wait,
)
from matchd.web.described.schemas import OneOf

_PLACE_OR_GAME = OneOf((InQueue, Matched))
_JOIN = (UnknownLobby, NotWhitelisted, WrongPassword, Kicked, LobbyFull, InLobby, GameStarted)
_ONE = {"lobby": LOBBY}
_GAME = Query("game_id", GameText, "Those of this game.")
_LISTED = Annotated[str, shaped(r"[0-9]{16}\.[A-Za-z0-9_-]{1,64}")]

LOBBIES = Chapter(
    "Lobbies",
    "Where players meet before the game.",
    {
        "GET /lobbies": Route(
            "List the lobbies one may see, the newest first",
            GUEST,
            tuple[LobbyView, ...],
            text="A page of a search may be short, and even empty, while `X-Next-Cursor` goes on.",
            query=(
                _GAME,
                Query("status", Status, "Those that stand so; `Waiting` unless asked otherwise."),
                Query("q", Annotated[str, msgspec.Meta(max_length=64)], "Part of the name."),
                limit(50, 100),
                cursor(LOBBY_PLACE),
            ),
            paged=True,
        ),
        "POST /lobbies": Route(
            "Make a lobby",
            PLAYER,
            LobbyView,
            (InLobby, UnknownPlayer),
            body=CreateLobby,
            sample={"is_private": True, "game_id": "chess", "name": "Friday", "max_players": 4},
        ),
        "GET /lobbies/stream": Route(
            "Listen to the lobbies one may see",
            Who(("", "player", "ticket"), GUEST.refuses),
            str,
            (BadToken,),
            "Server-sent events: `lobby.snapshot` first, then what changes, each with an id.",
            query=(
                _GAME,
                Query("Last-Event-ID", str, "The last event that was heard.", place="header"),
            ),
            media=("text/event-stream",),
        ),
        "POST /lobbies/join": Route(
            "Join by a code",
            PLAYER,
            LobbyView,
            _JOIN,
            body=JoinByCode,
            sample={"code": "7K7P-PC95"},
        ),
        "GET /lobbies/{lobby}": Route("See a lobby", GUEST, LobbyView, (UnknownLobby,), path=_ONE),
        "PATCH /lobbies/{lobby}": Route(
            "Change what a lobby says of itself",
            PLAYER,
            LobbyView,
            (UnknownLobby, GameStarted),
            "For its owner. What is absent stays.",
            body=ChangeLobby,
            path=_ONE,
            sample={"name": "Saturday"},
        ),
        "DELETE /lobbies/{lobby}": Route(
            "End a lobby, as its owner; or leave it", PLAYER, Done, (UnknownLobby,), path=_ONE
        ),
        "GET /lobbies/{lobby}/peers": Route(
            "See which player is which peer",
            PLAYER,
            dict[str, PlayerView],
            (UnknownLobby,),
            "For members: by the peer's id on the lobby's socket.",
            path=_ONE,
        ),
        "POST /lobbies/{lobby}/join": Route(
            "Join a lobby",
            PLAYER,
            LobbyView,
            _JOIN,
            body=JoinLobby,
            optional=True,
            path=_ONE,
            sample={"password": "open sesame"},
        ),
        "POST /lobbies/{lobby}/ready": Route(
            "Say that one is ready, or not",
            PLAYER,
            LobbyView,
            (UnknownLobby, GameStarted),
            body=ReadyBody,
            path=_ONE,
            sample={"ready": True},
        ),
        "POST /lobbies/{lobby}/leave": Route(
            "Leave a lobby", PLAYER, Done, (UnknownLobby,), path=_ONE
        ),
        "POST /lobbies/{lobby}/start": Route(
            "Begin the game, as the owner",
            PLAYER,
            LobbyView,
            (UnknownLobby, GameStarted),
            path=_ONE,
        ),
        "POST /lobbies/{lobby}/invite": Route(
            "Invite players, as the owner",
            PLAYER,
            Invited,
            (UnknownLobby, UnknownPlayer),
            "Keys, ids or names. An invitation closes the lobby to nobody.",
            body=InviteBody,
            path=_ONE,
            sample={"player_public_keys": ["bob"]},
        ),
        "POST /lobbies/{lobby}/kick": Route(
            "Put a member out, as the owner",
            PLAYER,
            LobbyView,
            (UnknownLobby, UnknownPlayer),
            body=PlayerBody,
            path=_ONE,
            sample={"player": "bob"},
        ),
        "POST /lobbies/{lobby}/owner": Route(
            "Hand a lobby over, as the owner",
            PLAYER,
            LobbyView,
            (UnknownLobby, UnknownPlayer),
            body=PlayerBody,
            path=_ONE,
            sample={"player": "bob"},
        ),
        "GET /ice-servers": Route(
            "Fetch ICE servers",
            PLAYER,
            tuple[IceServer, ...],
            text="A relay is among them while one is in a lobby, a booking or a game.",
        ),
    },
)

PLAY = Chapter(
    "Queue and games",
    "Be put together with others of the same mode. What a mode is stands in the configuration.",
    {
        "POST /game/join": Route(
            "Join the queue",
            PLAYER,
            _PLACE_OR_GAME,
            (UnknownMode, InGame, PartyNotReady, CoolingDown, UnknownLobby),
            "A place in the queue, or the game when this join completed a group. A place is good for "
            "60 seconds and renewed by joining again, by `GET /game/queue` or by an event socket.",
            body=JoinBody,
            optional=True,
            beside={"game_id": str},
            sample={"mode": "default"},
            given={
                "success": "User added to queue",
                "queued": True,
                "position": 1,
                "size": 1,
                "etaSeconds": None,
                "mode": "default",
            },
        ),
        "POST /game/leave": Route(
            "Leave the queue", PLAYER, QueueLeft, (NotQueued,), "The whole party leaves."
        ),
        "GET /game/queue": Route(
            "See where one stands",
            PLAYER,
            _PLACE_OR_GAME,
            (NotQueued, InGame),
            query=(wait(60),),
            beside={"game_id": str},
        ),
        "GET /game/history": Route(
            "List the games one has played, the latest first",
            PLAYER,
            tuple[PlayedView, ...],
            query=(limit(20, 100), cursor(_LISTED)),
            paged=True,
        ),
    },
)
