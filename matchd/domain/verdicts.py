"""How an active game ends: reports, forfeits, deadlines, and what becomes of ratings. Pure.

* A result counts when every player who has not forfeited reports the same. One who is in his grace and
  has not reported yet is waited for.
* `DISPUTE` seconds after the last of them could report, a result that some have reported and others
  have not, or not the same, is a dispute.
* When only one side has not forfeited, and one of it is there, it has won, unless reports have agreed.
* When everybody has forfeited nobody has won, and no rating changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from matchd.domain.games import (
    DISPUTE,
    Game,
    Outcome,
    Player,
    Reason,
    Scores,
    State,
    Verb,
    abandon,
    finish,
    permit,
    seat,
)
from matchd.domain.ids import AccountId, Address, TicketId
from matchd.domain.ratings import Rating, rated
from matchd.errors import InvalidRequest, Untimely


def connect(game: Game, account: AccountId, address: Address, now: float) -> Game:
    """A player's socket has come; the last one who has not forfeited may have won by that."""
    after = seat(game, account, address, now)
    return _decide(after, now) if after.state is State.ACTIVE else after


def report(
    game: Game, account: AccountId, address: Address, scores: Mapping[str, float], now: float
) -> Game:
    """A player says how the game ended; the last thing he says counts."""
    player = permit(game, account, Verb.REPORT)
    if player.here != address:
        raise Untimely("A newer socket of yours plays this game.")
    said = _scores(game, scores)
    if player.report == said:
        return game
    players = tuple(
        replace(one, report=said) if one.account == account else one for one in game.players
    )
    verdict_at = game.verdict_at
    if verdict_at is None:
        verdict_at = now + DISPUTE
    return _decide(replace(game, players=players, verdict_at=verdict_at), now)


def expire(game: Game, now: float, fresh: Callable[[], TicketId]) -> Game | None:
    """What a game is once its deadlines that are over were applied; None: it can be forgotten.

    `fresh` makes the id of a ticket that goes back to the queue.
    """
    if game.deadline is None or now < game.deadline:
        return game
    if game.state is State.FINISHED:
        return None
    if game.state is not State.ACTIVE:
        return abandon(game, now, fresh)
    players = tuple(
        replace(one, forfeited=True, away_until=None) if _is_late(one, now) else one
        for one in game.players
    )
    forfeits = players != game.players
    after = replace(game, players=players)
    if forfeits and after.verdict_at is not None:
        after = replace(after, verdict_at=now + DISPUTE)
    return _decide(after, now)


def _is_late(player: Player, now: float) -> bool:
    return player.away_until is not None and player.away_until <= now


def _decide(game: Game, now: float) -> Game:
    standing = game.standing
    if not standing:
        return finish(game, Outcome(reason=Reason.LEFT), now)
    reports = {one.report for one in standing}
    if len(reports) == 1 and (agreed := next(iter(reports))) is not None:
        return finish(game, _agreed(game, agreed), now)
    disputed = game.verdict_at is not None and game.verdict_at <= now
    if disputed and not game.awaited:
        return finish(game, Outcome(reason=Reason.DISPUTED), now)
    return _one_side_left(game, now)


def _one_side_left(game: Game, now: float) -> Game:
    standing = game.standing
    sides = {one.side for one in standing}
    here = any(one.here is not None for one in standing)
    forfeited = len(standing) < len(game.players)
    if len(sides) > 1 or len(game.mode.sides) == 1 or not here or not forfeited:
        return game
    (side,) = sides
    ranks = {name: int(name != side) for name in game.mode.sides}
    outcome = Outcome(reason=Reason.LEFT, winner=_winner(game, side), ratings=_ratings(game, ranks))
    return finish(game, outcome, now)


def _agreed(game: Game, scores: Scores) -> Outcome:
    by_player = dict(scores)
    totals = {
        side: sum(by_player.get(one.account, 0.0) for one in game.players if one.side == side)
        for side in {one.side for one in game.players}
    }
    best = max(totals.values())
    first = [side for side in totals if totals[side] == best]
    ordered = sorted(set(totals.values()), reverse=True)
    ranks = {side: ordered.index(total) for side, total in totals.items()}
    return Outcome(
        reason=Reason.FINISHED,
        winner=_winner(game, first[0]) if len(first) == 1 else None,
        scores=scores,
        ratings=_ratings(game, ranks),
    )


def _winner(game: Game, side: str) -> str:
    players = [one for one in game.players if one.side == side]
    return players[0].account if len(players) == 1 else side


def _ratings(game: Game, ranks: Mapping[str, int]) -> tuple[tuple[AccountId, Rating], ...]:
    """The new ratings of everybody; none in a mode without them, or where there is only one side."""
    teams = {side: [one for one in game.players if one.side == side] for side in game.mode.sides}
    teams = {side: team for side, team in teams.items() if team}
    if not game.mode.rating or len(teams) < 2:
        return ()
    before = [[one.rating for one in team] for team in teams.values()]
    after = rated(before, [ranks[side] for side in teams])
    pairs = zip(teams.values(), after, strict=True)
    return tuple(
        (one.account, rating)
        for team, ratings in pairs
        for one, rating in zip(team, ratings, strict=True)
    )


def _scores(game: Game, scores: Mapping[str, float]) -> Scores:
    known = {one.account for one in game.players}
    if not set(scores) <= known:
        raise InvalidRequest("`data.scores` must name players of this game by their ids.")
    return tuple(sorted((AccountId(name), float(score)) for name, score in scores.items()))
