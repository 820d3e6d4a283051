"""The queue and games for tests of every ring: short words for tickets and games. For tests only."""

from __future__ import annotations

from itertools import count
from typing import Any

from msgspec.structs import replace

from matchd.domain.games import Game, create
from matchd.domain.ids import AccountId, Address, GameId, Handle, NodeId, Region, TicketId
from matchd.domain.queue import Entrant, Mode, Ticket
from matchd.domain.ratings import Rating

NOW = 1_715_620_000.25
DUEL = Mode()
RATED = Mode(name="rated", rating=True)
TEAMS = Mode(name="teams", players=4)

_numbers = count(1)


def who(name: str) -> AccountId:
    """Somebody's account."""
    return AccountId(f"u_{name}")


def socket(number: int, node: str = "n1") -> Address:
    """A socket's address."""
    return Address(NodeId(node), number)


def fresh() -> TicketId:
    """An id that no ticket has had."""
    return TicketId(f"t{next(_numbers)}")


def ticket(
    *names: str, at: float = NOW, mode: Mode = DUEL, mu: float = 25.0, **more: Any
) -> Ticket:
    """A ticket of these players; its id is the first one's name."""
    region = more.pop("region", None)
    made = Ticket(
        id=TicketId(names[0]),
        mode=mode.name,
        entrants=tuple(Entrant(who(one), Handle(one), Rating(mu)) for one in names),
        joined_at=at,
        region=None if region is None else Region(region),
    )
    return replace(made, **more)


def game(*tickets: Ticket, mode: Mode = DUEL, name: str = "g1", now: float = NOW) -> Game:
    """A new game; of ann and bob if nobody else is named."""
    return create(GameId(name), mode, tickets or (ticket("ann"), ticket("bob")), now)
