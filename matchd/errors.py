"""Every refusal matchd can give, in one tree. Anyone may import this; it imports nothing of ours.

A class carries its stable `code` (wire.md 1.1) and a sentence for people; it knows nothing of HTTP.
The edges map `code` to a status by the table in `protocol/statuses.py`. Those of chat and
reports stand in `chat_errors.py`.

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

from __future__ import annotations

from typing import ClassVar


class MatchdError(Exception):
    """The root of everything matchd raises on purpose."""


class ConfigError(MatchdError):
    """The configuration can't be used; the text names the path, the value and what is allowed."""


class Refusal(MatchdError):
    """A caller is refused. `retry_after` (seconds) is set only where waiting helps."""

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "The request was refused."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message or self.text)
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)


class InvalidRequest(Refusal):
    """A body, query or message has a wrong shape; the text names the field."""

    code = "invalid_request"
    text = "The request is not valid."


class UnsupportedMediaType(InvalidRequest):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"
    text = "The body must be sent as application/json."


class TooLarge(InvalidRequest):
    """The body or message is larger than 64 KiB."""

    code = "too_large"
    text = "The body is larger than 64 KiB."


class Unauthorized(Refusal):
    """No credential was presented where one is needed."""

    code = "unauthorized"
    text = "A credential is needed: send it as Authorization: Bearer."


class BadToken(Unauthorized):
    """The token is malformed, expired, revoked or not ours."""

    code = "bad_token"
    text = "The token is not valid (any more)."


class BadCredentials(Unauthorized):
    """Name and password, or key and signature, do not belong together; which is not told."""

    code = "bad_credentials"
    text = "The name or the password is wrong."


class Forbidden(Refusal):
    """The caller is known but may not do this."""

    code = "forbidden"
    text = "This is not allowed."


class WrongSecret(Forbidden):
    """The shared host secret is wrong."""

    code = "wrong_secret"
    text = "The host secret is wrong."


class BadGrant(Forbidden):
    """The grant does not belong to this booking or room."""

    code = "bad_grant"
    text = "The grant does not open this room or booking."


class AccountBanned(Forbidden):
    """The account is shut out; told only to whoever has proved that it is his."""

    code = "banned"
    text = "This account is banned."


class NotWhitelisted(Forbidden):
    """The lobby has a list of who may join, and the caller is not on it."""

    code = "not_whitelisted"
    text = "You are not on this lobby's list."


class WrongPassword(Forbidden):
    """The lobby has a password, and this is not it."""

    code = "wrong_password"
    text = "The lobby's password is missing or wrong."


class Kicked(Forbidden):
    """The owner has put the caller out, and has not invited him since."""

    code = "kicked"
    text = "You were put out of this lobby."


class NotFound(Refusal):
    """There is no such thing."""

    code = "not_found"
    text = "There is nothing at this address."


class UnknownHost(NotFound):
    """No host of that id is registered."""

    code = "unknown_host"
    text = "No such host is registered; send a heartbeat first."


class UnknownBooking(NotFound):
    """No booking of that id is known."""

    code = "unknown_booking"
    text = "No such booking is known."


class UnknownRoom(NotFound):
    """No room of that id is known."""

    code = "unknown_room"
    text = "No such room is known."


class UnknownPlayer(NotFound):
    """Nobody is called so."""

    code = "unknown_player"
    text = "There is no player of this name."


class UnknownLobby(NotFound):
    """No lobby of that id or code is there, as far as the caller may know."""

    code = "unknown_lobby"
    text = "There is no such lobby."


class NoHost(NotFound):
    """No host fits now. `counters` says what there is (wire.md 2.3)."""

    code = "no_host"
    text = "No available hosts."

    def __init__(self, message: str, counters: object) -> None:
        super().__init__(message)
        self.counters = counters


class MethodNotAllowed(Refusal):
    """The route exists, with other methods."""

    code = "method_not_allowed"
    text = "This method is not allowed here."


class RoomTaken(Refusal):
    """A live host already has that room id."""

    code = "room_taken"
    text = "Another live host has this roomId."


class RoomFull(Refusal):
    """The room has as many peers as it may."""

    code = "room_full"
    text = "This room is full."


class NameTaken(Refusal):
    """Somebody else is called so."""

    code = "name_taken"
    text = "This name is taken."


class PlayerBlocked(Refusal):
    """The caller blocks the one he asks."""

    code = "player_blocked"
    text = "You block this player; end that first."


class TooManyFriends(Refusal):
    """One of the two has as many friends, requests and blocks as anybody may."""

    code = "too_many_friends"
    text = "The list of friends is full."


class InLobby(Refusal):
    """The caller is in another lobby; one is all that anybody may be in."""

    code = "in_lobby"
    text = "You are in another lobby; leave that first."


class GameStarted(Refusal):
    """The lobby is in progress, which this has to wait for."""

    code = "game_started"
    text = "The game has started already."


class LobbyFull(Refusal):
    """As many are in the lobby as may be."""

    code = "lobby_full"
    text = "The lobby is full."


class UnknownMode(InvalidRequest):
    """Nobody plays like that here."""

    code = "unknown_mode"
    text = "There is no such mode."


class UnknownGame(NotFound):
    """No such game, or it has been over for long."""

    code = "unknown_game"
    text = "There is no such game."


class NotQueued(NotFound):
    """Somebody is not in the queue; the routes say it in the given protocol's words."""

    code = "not_queued"
    text = "You are not in the queue."


class NotAPlayer(Forbidden):
    """A game is for those who play it."""

    code = "not_a_player"
    text = "You are not a player of this game."


class InGame(Refusal):
    """A player is in one unfinished game at most."""

    code = "in_game"
    text = "You are in a game that is not over."

    def __init__(self, game_id: str) -> None:
        super().__init__()
        self.game_id = game_id


class PartyNotReady(Refusal):
    """A party enters the queue whole, or not at all."""

    code = "party_not_ready"
    text = "Not everybody in this party can enter the queue now."


class Untimely(Refusal):
    """The game does not stand where this can be done."""

    code = "wrong_state"
    text = "This can't be done now."


class GameOver(Refusal):
    """The game has ended, for this player at least."""

    code = "game_over"
    text = "This game is over."


class KeyReused(Refusal):
    """The idempotency key came again with another body."""

    code = "key_reused"
    text = "This Idempotency-Key was used with another body."


class BookingOver(Refusal):
    """The booking has ended, lapsed or was released."""

    code = "booking_over"
    text = "This booking is over."


class AccountGone(Refusal):
    """The account that this was given to was deleted."""

    code = "account_gone"
    text = "The account that this belonged to was deleted."


class RateLimited(Refusal):
    """Too many requests, connections or messages."""

    code = "rate_limited"
    text = "Too many requests; try again later."


class CoolingDown(RateLimited):
    """Somebody has broken a match, and waits before the next one."""

    code = "cooldown"
    text = "You did not come to your last match; wait a little."


class TooManyBookings(RateLimited):
    """The guests of this address hold as many bookings as they may."""

    code = "too_many_bookings"
    text = "Too many guests of this address hold a booking; release one or log in."


class Unavailable(Refusal):
    """The daemon can't do this now."""

    code = "unavailable"
    text = "The service is not available now."


class StoreUnavailable(Unavailable):
    """The store can't be reached; nothing was changed, unless `unsure`: then nobody knows."""

    code = "store_unavailable"
    text = "The store can't be reached; nothing was changed."

    def __init__(
        self, message: str | None = None, *, retry_after: int | None = None, unsure: bool = False
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.unsure = unsure


class Outsider(Unavailable):
    """The other nodes have other secrets, so what this one promised would not hold there."""

    code = "misconfigured"
    text = "This server is not set up like the others; try again, at another one."


class Draining(Unavailable):
    """The daemon restarts."""

    code = "draining"
    text = "The server restarts; try again in a moment."


class InternalError(Refusal):
    """Our fault; the log has the trace under the request id."""

    code = "internal"
    text = "Something went wrong here; the server's log knows what."
