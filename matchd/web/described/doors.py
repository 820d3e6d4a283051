"""What is said of the plain-GET twins of the sockets: would a connection be accepted now? (wire.md 1.3)

The sockets themselves are told of by `sockets`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain.groups import MOST_NEXT
from matchd.errors import (
    BookingOver,
    GameOver,
    LobbyFull,
    NotAPlayer,
    NotFound,
    RoomFull,
    UnknownBooking,
    UnknownGame,
    UnknownHost,
    UnknownLobby,
    UnknownRoom,
    Untimely,
)
from matchd.protocol.answers import Open
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.texts import IdText, RoomText, shaped
from matchd.web.described.route import (
    CALLER,
    GAME,
    HOST,
    LOBBY,
    OWNER,
    VISITOR,
    Chapter,
    Query,
    Route,
    Who,
)

_SIGNALING = Who(("", "host", "token"), (*HOST.refuses, *OWNER.refuses))
_ROOM = Query("roomId", RoomText, "The room.", needed=True)
_NATIVE = Query("v", Literal["1"], "Our own words, beside those of the given protocol.")
_RENEWED = Query("v", str, "With `1` one is asked for the next token in time.")
_RESUME = Query("resume", str, "What the last `welcome` said (with `v=1`).")
_GROUP = (
    Query("next", Annotated[int, msgspec.Meta(ge=1, le=MOST_NEXT)], "How many make a group."),
    Query("topology", Literal["mesh", "client-server"], "Who meets whom."),
    _NATIVE,
    _RESUME,
)
_NAME = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
_AFTER = Annotated[str, shaped(r"[0-9]{1,16}(\.[0-9a-z]+([.-][0-9a-z]+){0,3})?")]

DOORS = Chapter(
    "Before a socket",
    "Each answers a plain `GET` without upgrade headers: whether a WebSocket would be accepted now. "
    "That changes and spends nothing. What is said on the sockets is told in `/asyncapi.json`.",
    {
        "GET /signal/{grant}": Route(
            "Ask whether the signaling socket of a booking would open",
            _SIGNALING,
            Open,
            (UnknownRoom, UnknownBooking, UnknownHost, BookingOver, RoomFull),
            query=(_ROOM,),
            path={"grant": IdText},
        ),
        "GET /matchbox": Route(
            "Ask whether the room without a name would open",
            VISITOR,
            Open,
            (RoomFull,),
            query=_GROUP,
        ),
        "GET /matchbox/{name}": Route(
            "Ask whether a room for peer-to-peer games would open",
            VISITOR,
            Open,
            (RoomFull, NotFound),
            query=_GROUP,
            path={"name": _NAME},
        ),
        "GET /matchbox-ice": Route(
            "Fetch the ICE servers for a matchbox socket, in one entry",
            VISITOR,
            IceAnswer,
            text="Guests get STUN alone, unless `[turn] guests` is on.",
        ),
        "GET /lobby/{lobby}": Route(
            "Ask whether the socket of a lobby would open",
            CALLER,
            Open,
            (UnknownLobby, LobbyFull),
            query=(_NATIVE, _RESUME),
            path={"lobby": LOBBY},
        ),
        "GET /ws/game/{name}": Route(
            "Ask whether the socket of a game would open",
            CALLER,
            Open,
            (UnknownGame, NotAPlayer, GameOver, Untimely),
            query=(_RENEWED,),
            path={"name": GAME},
        ),
        "GET /chat/connect": Route(
            "Ask whether the chat socket would open", VISITOR, Open, query=(_RENEWED,)
        ),
        "GET /events": Route(
            "Ask whether the event socket would open",
            CALLER,
            Open,
            query=(Query("after", _AFTER, "The `id` of the last event that was heard."), _RENEWED),
        ),
    },
)
