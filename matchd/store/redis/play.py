"""The scripts about the queue and games, and the words that they share. Backend-internal."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from matchd.domain.games import Game
from matchd.domain.hosts import Leases
from matchd.domain.ids import AccountId, GameId, TicketId
from matchd.domain.played import HISTORY, nodes_of, pack, unpack_game, unpack_ticket, violations
from matchd.domain.queue import COOLDOWNS, FORGIVEN, LEASE, RECENT, Ticket
from matchd.domain.ratings import Rating
from matchd.store.redis.suites import Suite, SuiteCaller

PLAY = Suite(
    "play",
    (
        "schema",
        "nodes",
        "pulse",
        "edges",
        "play_tickets",
        "play_lines",
        "play_leases",
        "play_sizes",
        "play_seats",
        "play_waiters",
        "play_broken",
        "play_left",
        "play_totals",
        "play_games",
        "play_due",
        "play_nodes",
        "play_history",
        "play_results",
        "play_ratings",
    ),
    (
        "change",
        "counts",
        "due",
        "dump",
        "enter",
        "game",
        "history",
        "lapse",
        "line",
        "lines",
        "look",
        "page",
        "pair",
        "rated",
        "ratings",
        "renew",
        "stand",
        "turn",
        "withdraw",
    ),
    frozenset(
        (
            *("counts", "due", "dump", "game", "history"),
            *("line", "lines", "look", "page", "rated", "ratings"),
        )
    ),
)


class PlayCaller:
    """Runs the scripts; each is told the numbers that all of them go by."""

    def __init__(self, caller: SuiteCaller, leases: Leases) -> None:
        self._caller = caller
        self._rules = {
            "lease": LEASE,
            "cooldowns": COOLDOWNS,
            "forgiven": FORGIVEN,
            "recent": RECENT,
            "most": HISTORY,
            "outage": leases.outage,
            "node_lease": leases.node,
        }

    async def run(self, operation: str, ask: dict[str, Any], at: float = 0.0) -> Any:
        """Run a script in one round trip; `at` is the caller's time."""
        return await self._caller.run(operation, {**self._rules, **ask}, at)


def to_ticket(raw: dict[str, Any]) -> Ticket:
    """A ticket as scripts show it: its seniority is theirs."""
    return replace(unpack_ticket(raw["record"]), joined_at=float(raw["joined_at"]))


def from_ticket(ticket: Ticket) -> dict[str, Any]:
    """A ticket as scripts keep it."""
    return {
        "id": ticket.id,
        "line": ticket.line,
        "joined_at": ticket.joined_at,
        "accounts": ticket.accounts,
        "record": pack(ticket),
    }


def from_game(game: Game) -> dict[str, Any]:
    """A game as scripts keep it."""
    asked = {"id": game.id, "version": game.version, "record": pack(game)}
    return asked if game.deadline is None else {**asked, "due": game.deadline}


def to_rating(text: str) -> Rating:
    """A rating as scripts keep it."""
    mu, _, sigma = text.partition(" ")
    return Rating(float(mu), float(sigma))


def from_rating(rating: Rating) -> str:
    """The text that scripts compare."""
    return f"{rating.mu!r} {rating.sigma!r}"


async def check(caller: PlayCaller) -> tuple[str, ...]:
    """The invariants, on what there is in one moment. O(n)."""
    out = await caller.run("dump", {})
    tickets, games = [*map(to_ticket, out["tickets"])], [*map(unpack_game, out["games"])]
    seats = _pairs(out["seats"])
    queued = {AccountId(who): TicketId(at[1:]) for who, at in seats if at[0] == "q"}
    playing = {AccountId(who): GameId(at[1:]) for who, at in seats if at[0] == "g"}
    lines = [(one.split("\0")[0], TicketId(one.split("\0")[2])) for one in out["lines"]]
    wrong = violations(tickets, games, queued, playing, lines)
    if set(out["leases"]) != {one.id for one in tickets}:
        wrong.append("the leases and the tickets differ")
    if {(name, int(size)) for name, size in _pairs(out["sizes"])} != {
        (one.line, sum(other.line == one.line for other in tickets)) for one in tickets
    }:
        wrong.append("the sizes of the lines are wrong")
    if {(one, float(at)) for one, at in _pairs(out["due"])} != {
        (one.id, one.deadline) for one in games if one.deadline is not None
    }:
        wrong.append("the deadlines and the games differ")
    if set(out["nodes"]) != {name for game in games for name in names_of(game)}:
        wrong.append("the nodes of games are wrong")
    return tuple(wrong)


def names_of(game: Game | None) -> frozenset[str]:
    """How a game stands in the list of nodes."""
    return frozenset() if game is None else frozenset(f"{one}\0{game.id}" for one in nodes_of(game))


def _pairs(flat: list[str]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
