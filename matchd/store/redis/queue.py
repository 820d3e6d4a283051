"""The queue in Redis (wire.md 6). Backend-internal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import trio
from msgspec.structs import replace

from matchd.domain.games import Game
from matchd.domain.ids import AccountId, Address, GameId, NodeId
from matchd.domain.played import unpack_game
from matchd.domain.queue import Place, Ticket, eta
from matchd.store.ports import (
    Apart,
    Cooling,
    Lined,
    Outrated,
    Paired,
    Queued,
    Seated,
    Stale,
    Stand,
)
from matchd.store.redis.play import (
    PlayCaller,
    from_game,
    from_rating,
    from_ticket,
    to_rating,
    to_ticket,
)

CHUNK = 500
"""Players whose leases one script renews at most."""


class RedisQueue:
    """The port of the queue over the scripts."""

    def __init__(self, caller: PlayCaller) -> None:
        self._caller = caller

    async def enter(
        self, ticket: Ticket, now: float, *, look: int, rated: bool
    ) -> Queued | Seated | Cooling | Outrated:
        """Take a place for all its players or none."""
        ask: dict[str, Any] = {"ticket": from_ticket(ticket), "look": look, "mode": ticket.mode}
        if rated:
            ask["ratings"] = [from_rating(one.rating) for one in ticket.entrants]
        out = await self._caller.run("enter", ask, now)
        match out["kind"]:
            case "seated":
                return Seated(AccountId(out["account"]), out["ticket"], out["game"])
            case "cooling":
                return Cooling(AccountId(out["account"]), float(out["seconds"]))
            case "outrated":
                known = zip(ticket.accounts, out["ratings"], strict=True)
                return Outrated({who: to_rating(text) for who, text in known if text is not None})
        return Queued(_place(replace(ticket, joined_at=float(out["now"])), out), _lined(out))

    async def withdraw(self, account: AccountId, now: float) -> Ticket | None:
        """Take a ticket out."""
        out = await self._caller.run("withdraw", {"account": account}, now)
        return None if out is None else to_ticket(out)

    async def stand(
        self, account: AccountId, now: float, *, renew: bool = False, waiter: Address | None = None
    ) -> Stand:
        """Where somebody is."""
        ask: dict[str, Any] = {"account": account}
        if waiter is not None:
            ask["waiter"] = (waiter.node, waiter.connection)
        writes = renew or waiter is not None
        out = await self._caller.run("stand" if writes else "look", ask, now)
        if "game" in out:
            return Stand(game=unpack_game(out["game"]))
        if "ticket" not in out:
            return Stand()
        return Stand(place=_place(to_ticket(out["ticket"]), out))

    async def renew(self, accounts: Iterable[AccountId], now: float) -> dict[AccountId, GameId]:
        """Renew leases."""
        everybody, playing = list(accounts), dict[AccountId, GameId]()
        for at in range(0, len(everybody), CHUNK):
            ask = {"accounts": everybody[at : at + CHUNK]}
            playing.update(map(tuple, await self._caller.run("renew", ask, now)))
        return playing

    async def line(self, line: str, limit: int, now: float) -> Lined:
        """The oldest tickets of a line."""
        return _lined(await self._caller.run("line", {"line": line, "limit": limit}, now))

    async def lines(self) -> dict[str, int]:
        """How many stand in each line."""
        flat = await self._caller.run("lines", {})
        return {name: int(size) for name, size in zip(flat[::2], flat[1::2], strict=True)}

    async def pair(self, game: Game, now: float) -> Paired | Stale | Apart:
        """Make a game of its tickets. A caller who is cancelled still gets the answer: only he tells
        the players.
        """
        ask = {"tickets": [one.id for one in game.tickets], "game": from_game(game)}
        await trio.lowlevel.checkpoint_if_cancelled()
        with trio.CancelScope(shield=True):
            out = await self._caller.run("pair", ask, now)
        match out["kind"]:
            case "stale":
                return Stale()
            case "apart":
                return Apart(frozenset(map(AccountId, out["pair"])))
        waiters = (Address(NodeId(node), number) for node, number in out["waiters"])
        return Paired(game, tuple(waiters))

    async def turn(self, every: float, now: float) -> tuple[str, ...] | None:
        """The lines, for one caller."""
        lines = await self._caller.run("turn", {"every": every}, now)
        return None if lines is None else tuple(sorted(lines))

    async def lapse(self, limit: int, now: float) -> tuple[Ticket, ...]:
        """Take out tickets whose lease is over."""
        return tuple(map(to_ticket, await self._caller.run("lapse", {"limit": limit}, now)))


def _place(ticket: Ticket, out: dict[str, Any]) -> Place:
    position, left = int(out["position"]), [float(at) for at in out["left"]]
    soon = eta(position, left, float(out["now"]))
    return Place(ticket, position, int(out["size"]), soon)


def _lined(out: dict[str, Any]) -> Lined:
    return Lined(float(out["now"]), tuple(map(to_ticket, out["line"])))
