"""Every refusal matchd can give, in one tree. Anyone may import this; it imports nothing of ours.

A class carries its stable `code` (wire.md 1.1) and a sentence for people; it knows nothing of HTTP.
The edges map `code` to a status by the table in `protocol/statuses.py`.

    MatchdError
    ├── ConfigError                   the configuration can't be used (exit status 2)
    └── Refusal                       a caller is told why
        ├── InvalidRequest            invalid_request
        │   ├── UnknownMode           unknown_mode
        │   ├── UnsupportedMediaType  unsupported_media_type
        │   └── TooLarge              too_large
        ├── Unauthorized              unauthorized
        │   ├── BadToken              bad_token
        │   └── BadCredentials        bad_credentials
        ├── Forbidden                 forbidden
        │   ├── WrongSecret           wrong_secret
        │   ├── NotAPlayer            not_a_player
        │   ├── BadGrant              bad_grant
        │   ├── AccountBanned         banned
        │   ├── NotWhitelisted        not_whitelisted
        │   ├── WrongPassword         wrong_password
        │   ├── Kicked                kicked
        │   ├── NotMember             not_member
        │   └── Muted                 muted
        ├── NotFound                  not_found
        │   ├── UnknownHost           unknown_host
        │   ├── UnknownBooking        unknown_booking
        │   ├── UnknownRoom           unknown_room
        │   ├── UnknownPlayer         unknown_player
        │   ├── UnknownGame           unknown_game
        │   ├── NotQueued             not_queued
        │   ├── UnknownLobby          unknown_lobby
        │   ├── UnknownMessage        unknown_message
        │   ├── UnknownReport         unknown_report
        │   └── NoHost                no_host (carries the counters)
        ├── MethodNotAllowed          method_not_allowed
        ├── RoomTaken                 room_taken
        ├── RoomFull                  room_full
        ├── NameTaken                 name_taken
        ├── PlayerBlocked             player_blocked
        ├── TooManyFriends            too_many_friends
        ├── InLobby                   in_lobby
        ├── GameStarted               game_started
        ├── LobbyFull                 lobby_full
        ├── InGame                    in_game (carries the game's id)
        ├── PartyNotReady             party_not_ready
        ├── Untimely                  wrong_state
        ├── GameOver                  game_over
        ├── AlreadyMember             already_member
        ├── ChatFull                  chat_full
        ├── TooManyChats              too_many_chats
        ├── ReportClosed              report_closed
        ├── KeyReused                 key_reused
        ├── BookingOver               booking_over
        ├── AccountGone               account_gone
        ├── RateLimited               rate_limited
        │   ├── CoolingDown           cooldown
        │   └── TooManyBookings       too_many_bookings
        ├── Unavailable               unavailable
        │   ├── StoreUnavailable      store_unavailable
        │   ├── Outsider               misconfigured
        │   └── Draining              draining
        └── InternalError             internal
"""

from matchd.errors.chat import (
    AlreadyMember,
    ChatFull,
    Muted,
    NotMember,
    ReportClosed,
    TooManyChats,
    UnknownMessage,
    UnknownReport,
)
from matchd.errors.general import (
    BadToken,
    ConfigError,
    Draining,
    Forbidden,
    InternalError,
    InvalidRequest,
    KeyReused,
    MatchdError,
    MethodNotAllowed,
    NotFound,
    Outsider,
    RateLimited,
    Refusal,
    StoreUnavailable,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from matchd.errors.lobbies import (
    GameStarted,
    InLobby,
    Kicked,
    LobbyFull,
    NotWhitelisted,
    UnknownLobby,
    WrongPassword,
)
from matchd.errors.matching import (
    BadGrant,
    BookingOver,
    NoHost,
    RoomFull,
    RoomTaken,
    TooManyBookings,
    UnknownBooking,
    UnknownHost,
    UnknownRoom,
    WrongSecret,
)
from matchd.errors.people import (
    AccountBanned,
    AccountGone,
    BadCredentials,
    NameTaken,
    PlayerBlocked,
    TooManyFriends,
    UnknownPlayer,
)
from matchd.errors.play import (
    CoolingDown,
    GameOver,
    InGame,
    NotAPlayer,
    NotQueued,
    PartyNotReady,
    UnknownGame,
    UnknownMode,
    Untimely,
)

__all__ = [
    "AccountBanned",
    "AccountGone",
    "AlreadyMember",
    "BadCredentials",
    "BadGrant",
    "BadToken",
    "BookingOver",
    "ChatFull",
    "ConfigError",
    "CoolingDown",
    "Draining",
    "Forbidden",
    "GameOver",
    "GameStarted",
    "InGame",
    "InLobby",
    "InternalError",
    "InvalidRequest",
    "KeyReused",
    "Kicked",
    "LobbyFull",
    "MatchdError",
    "MethodNotAllowed",
    "Muted",
    "NameTaken",
    "NoHost",
    "NotAPlayer",
    "NotFound",
    "NotMember",
    "NotQueued",
    "NotWhitelisted",
    "Outsider",
    "PartyNotReady",
    "PlayerBlocked",
    "RateLimited",
    "Refusal",
    "ReportClosed",
    "RoomFull",
    "RoomTaken",
    "StoreUnavailable",
    "TooLarge",
    "TooManyBookings",
    "TooManyChats",
    "TooManyFriends",
    "Unauthorized",
    "Unavailable",
    "UnknownBooking",
    "UnknownGame",
    "UnknownHost",
    "UnknownLobby",
    "UnknownMessage",
    "UnknownMode",
    "UnknownPlayer",
    "UnknownReport",
    "UnknownRoom",
    "UnsupportedMediaType",
    "Untimely",
    "WrongPassword",
    "WrongSecret",
]
