"""The refusals of lobbies."""

from __future__ import annotations

from matchd.errors.general import Forbidden, NotFound, Refusal


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


class UnknownLobby(NotFound):
    """No lobby of that id or code is there, as far as the caller may know."""

    code = "unknown_lobby"
    text = "There is no such lobby."


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
