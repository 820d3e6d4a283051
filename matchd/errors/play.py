"""The refusals of the queue and games."""

from __future__ import annotations

from matchd.errors.general import Forbidden, InvalidRequest, NotFound, RateLimited, Refusal


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


class CoolingDown(RateLimited):
    """Somebody has broken a match, and waits before the next one."""

    code = "cooldown"
    text = "You did not come to your last match; wait a little."
