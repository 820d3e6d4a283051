"""What is said on the sockets: each dialect's messages in both directions, and its ends (wire.md 1.3).

What comes in is described by the very types that the codecs read; what goes out by those they write, or
by `protocol.heard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from matchd.protocol import chat, events, games, groups, rooms
from matchd.protocol.heard import chat as chat_heard
from matchd.protocol.heard import events as event_heard
from matchd.protocol.heard import games as game_heard
from matchd.protocol.heard import groups as group_heard
from matchd.protocol.news import Close

Kinds = tuple[Any, ...]

CLOSES: dict[Close, tuple[str, str]] = {
    Close.RESTART: ("The server restarts or drains.", "Reconnect with jitter."),
    Close.TOO_LARGE: ("A message was larger than 64 KiB.", "Fix it."),
    Close.INTERNAL: ("Our fault.", "Reconnect."),
    Close.MALFORMED: ("Malformed request, or too many malformed messages.", "Do not retry."),
    Close.UNAUTHORIZED: ("Token expired or revoked.", "Log in again."),
    Close.FORBIDDEN: ("Not allowed here, or banned.", "Do not retry."),
    Close.TIMEOUT: ("No sign of life for 30 s, or no token in time.", "Reconnect."),
    Close.REPLACED: ("Replaced by a newer socket of the same player.", "Do not retry."),
    Close.GONE: ("The room, lobby, game, booking or account is gone.", "Do not retry."),
    Close.TOO_MANY: ("Too many messages.", "Retry later."),
    Close.TOO_SLOW: ("This socket reads too slowly.", "Reconnect."),
}
"""How the server ends a socket: what it means, and what the client should do."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a client says and hears. `bare` are messages that are no object: what each is for."""

    name: str
    text: str
    says: Kinds
    hears: Kinds
    bare: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a dialect is spoken, and with what in the URL; `asks` is the route that is its twin."""

    name: str
    title: str
    address: str
    dialect: Dialect
    query: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    asks: str | None = None


SIGNALING = Dialect(
    "signaling",
    "Between a player and his host, as the Matchmaking API Specification has it. What a host hears "
    "carries `peer`, the player's place, and what it says goes to the place that `peer` names. The "
    "server's own `control` actions are `peer-joined`, `ice`, `going-away`, `not-delivered` and "
    "`schema-error`.",
    get_args(rooms.Signal),
    (*get_args(rooms.Signal), rooms.PeerDisconnected),
)
MATCHBOX = Dialect(
    "matchbox",
    "As matchbox_socket speaks since 0.6. `data` is opaque and relayed byte for byte.",
    (groups.MatchboxRequest,),
    (group_heard.IdAssigned, group_heard.NewPeer, group_heard.PeerLeft, group_heard.SignalHeard),
    {"KeepAlive": "Nothing but a sign of life."},
)
NATIVE = Dialect(
    "native",
    "Our own words among the same peers. Whoever is lost keeps his place for 30 s and comes back with "
    "`resume`.",
    (groups.NativeSignal, events.Reauth),
    (
        *(groups.Welcome, groups.Joined, groups.Left, groups.IcePush, groups.Failed),
        *(group_heard.NativeSignalHeard, group_heard.Resync, group_heard.GoingAway),
        *(group_heard.ReauthAsked, group_heard.Reauthed),
    ),
    {"KeepAlive": "Nothing but a sign of life, as in matchbox."},
)
GAME = Dialect(
    "game",
    "Of one game, among its players: ready check, moves, the result.",
    get_args(games.Said),
    (
        *(game_heard.GameState, game_heard.PlayerReady, game_heard.GameStart),
        *(game_heard.PlayerMove, game_heard.GameAction),
        *(game_heard.PlayerDisconnected, game_heard.PlayerReconnected, game_heard.GameOver),
        *(game_heard.GameError, game_heard.GameReauthAsked, game_heard.GameReauthed),
        game_heard.GameGoingAway,
    ),
)
EVENTS = Dialect(
    "events",
    "What concerns a player, as it happens, on each of his devices. Every frame has an `id`, by which "
    "`?after=` goes on behind it.",
    (events.Reauth,),
    (
        *(event_heard.Hello, event_heard.FriendRequest, event_heard.FriendAccepted),
        *(event_heard.FriendPresence, event_heard.LobbyCreated, event_heard.LobbyChanged),
        *(event_heard.LobbyRemoved, event_heard.LobbyInvited, event_heard.QueuePosition),
        *(event_heard.QueueMatched, event_heard.ChatUnread, event_heard.ReportClosed),
        *(event_heard.Gap, event_heard.Live, event_heard.EventReauthAsked),
        *(event_heard.EventReauthed, event_heard.EventError, event_heard.EventGoingAway),
    ),
)
CHAT = Dialect(
    "chat",
    "As melangerie's clients speak it. A message has a number per room, and each socket is sent each "
    "number once, in order.",
    get_args(chat.Action),
    (
        *(chat_heard.Added, chat_heard.Message, chat_heard.Edited, chat_heard.Deleted),
        *(chat_heard.Acknowledged, chat_heard.Pruned, chat_heard.Left, chat_heard.Listed),
        *(chat_heard.IsTyping, chat_heard.ReauthAsked, chat_heard.GoingAway, chat_heard.Failed),
    ),
    {"token": "The first frame, within 5 s, of a socket whose URL and header have no token."},
)
DIALECTS = (SIGNALING, MATCHBOX, NATIVE, GAME, EVENTS, CHAT)

_CREDENTIAL = {
    "token": "A player's token.",
    "ticket": "A ticket for this path, spent by the upgrade.",
}
_GROUP = {
    "next": "How many make a group (1 to 64).",
    "topology": "`mesh`, or `client-server`, where the first peer is the server.",
}
_RESUME = {"resume": "What the last `welcome` said."}
_RENEWED = {"v": "With `1` one is asked for the next token in time."}
_HOST = {"token": "The host's credential, where it has no header."}
_ROOM = {"roomId": "The room, as `match/find` or the heartbeat named it."}
_OWN = {"v": "1"}

CHANNELS = (
    Channel(
        "signaling-player",
        "Signaling, for a player with his grant",
        "/signal/{grant}",
        SIGNALING,
        _ROOM,
        needed=("roomId",),
        asks="GET /signal/{grant}",
    ),
    Channel(
        "signaling-host",
        "Signaling, for a host by its credential or its heartbeat",
        "/",
        SIGNALING,
        _ROOM | _HOST,
        needed=("roomId",),
        asks="GET /",
    ),
    Channel(
        "matchbox",
        "A room for peer-to-peer games, in matchbox' words",
        "/matchbox/{room}",
        MATCHBOX,
        _GROUP | _CREDENTIAL,
        asks="GET /matchbox/{name}",
    ),
    Channel(
        "matchbox-native",
        "A room for peer-to-peer games, in our own words",
        "/matchbox/{room}",
        NATIVE,
        _GROUP | _RESUME | _CREDENTIAL,
        _OWN,
        asks="GET /matchbox/{name}",
    ),
    Channel(
        "lobby",
        "The members of a lobby, in matchbox' words",
        "/lobby/{lobby}",
        MATCHBOX,
        _CREDENTIAL,
        asks="GET /lobby/{lobby}",
    ),
    Channel(
        "lobby-native",
        "The members of a lobby, in our own words",
        "/lobby/{lobby}",
        NATIVE,
        _RESUME | _CREDENTIAL,
        _OWN,
        asks="GET /lobby/{lobby}",
    ),
    Channel(
        "lobby-token",
        "The lobby one is in, as Allumette's clients open it",
        "/{token}",
        MATCHBOX,
    ),
    Channel(
        "game",
        "A game",
        "/ws/game/{game}",
        GAME,
        _RENEWED | _CREDENTIAL,
        asks="GET /ws/game/{name}",
    ),
    Channel(
        "events",
        "What happens",
        "/events",
        EVENTS,
        {"after": "The `id` of the last event that was heard."} | _RENEWED | _CREDENTIAL,
        asks="GET /events",
    ),
    Channel(
        "chat", "Chat", "/chat/connect", CHAT, _RENEWED | _CREDENTIAL, asks="GET /chat/connect"
    ),
)
