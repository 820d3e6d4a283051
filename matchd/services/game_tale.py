"""What the journal tells of games: one line for each thing that a step of a game changed."""

from __future__ import annotations

from matchd.domain.games import Game, Player, State
from matchd.domain.played import GameChange
from matchd.services.journal import Journal


def tell_of_pairing(journal: Journal, game: Game) -> None:
    """A game was made of tickets."""
    mode = game.mode.name
    journal.happened(
        "queue.matched", why=f"mode {mode}", game=game.id, mode=mode, players=len(game.players)
    )
    for ticket in game.tickets:
        for account in ticket.accounts:
            journal.happened("game.seated", game=game.id, account=account, ticket=ticket.id)


def tell_of_game(journal: Journal, change: GameChange) -> None:
    """A game moved on."""
    before, game = change.before, change.after
    if before is None or game is None:
        return
    for player in game.players:
        former = before.player(player.account)
        if former is not None:
            _tell_of_player(journal, game, former, player)
    if game.state is State.ACTIVE and before.state is not State.ACTIVE:
        journal.happened("game.started", game=game.id)
    if change.ended:
        _tell_of_end(journal, game)


def _tell_of_player(journal: Journal, game: Game, former: Player, player: Player) -> None:
    named = {"game": game.id, "account": player.account}
    if player.here is not None and former.here != player.here:
        event = "game.connected" if former.stints == 0 else "game.reconnected"
        journal.happened(event, **named)
    elif player.here is None and former.here is not None and game.state is not State.FINISHED:
        journal.happened("game.disconnected", **named)
    if player.ready and not former.ready:
        journal.happened("game.ready", **named)
    if player.forfeited and not former.forfeited:
        journal.happened("game.forfeited", why="did not come back in time", **named)


def _tell_of_end(journal: Journal, game: Game) -> None:
    outcome = game.outcome
    assert outcome is not None
    reason = outcome.reason.value
    for account in outcome.guilty:
        journal.happened("game.broken", why=reason, game=game.id, account=account)
    for ticket in outcome.requeued:
        for account in ticket.accounts:
            journal.happened("queue.returned", ticket=ticket.id, account=account, game=game.id)
    journal.happened("game.over", why=reason, game=game.id, mode=game.mode.name)
