"""The refusals of accounts, logins and friends."""

from __future__ import annotations

from matchd.errors.general import Forbidden, NotFound, Refusal, Unauthorized


class BadCredentials(Unauthorized):
    """Name and password, or key and signature, do not belong together; which is not told."""

    code = "bad_credentials"
    text = "The name or the password is wrong."


class AccountBanned(Forbidden):
    """The account is shut out; told only to whoever has proved that it is his."""

    code = "banned"
    text = "This account is banned."


class AccountGone(Refusal):
    """The account that this was given to was deleted."""

    code = "account_gone"
    text = "The account that this belonged to was deleted."


class UnknownPlayer(NotFound):
    """Nobody is called so."""

    code = "unknown_player"
    text = "There is no player of this name."


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
