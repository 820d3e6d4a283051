"""Games in Redis (wire.md 6). Backend-internal.

The machine runs here and never in Lua, as with lobbies: a game is read, the deed makes the next one,
and a script puts it in the place of the version that was read, with all that its end means.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import trio
from msgspec.structs import replace

from matchd.domain.games import Game
from matchd.domain.ids import AccountId, GameId, NodeId
from matchd.domain.played import (
    GameChange,
    Played,
    history_of,
    key_of,
    pack,
    unpack_game,
    unpack_played,
)
from matchd.domain.ratings import Rating
from matchd.store.ports import DeadNode, GameDeed, GamesDue, PlayCounts
from matchd.store.redis.play import (
    PlayCaller,
    from_game,
    from_rating,
    from_ticket,
    names_of,
    to_rating,
)


class RedisGames:
    """The port of games over the scripts."""

    def __init__(self, caller: PlayCaller) -> None:
        self._caller = caller

    async def change(
        self, game_id: GameId, deed: GameDeed, now: float, *, node: NodeId | None = None
    ) -> GameChange | DeadNode:
        """Do a deed, again and again until nobody comes between the look and the step.

        A caller who is cancelled still gets the answer: whom it concerns is told by him alone.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        with trio.CancelScope(shield=True):
            outcome = await self._change(game_id, deed, now, node)
        return outcome  # noqa: RET504  # for mypy, a scope may swallow what its body raises

    async def _change(
        self, game_id: GameId, deed: GameDeed, now: float, node: NodeId | None
    ) -> GameChange | DeadNode:
        seen = await self._caller.run("game", {"id": game_id}, now)
        while True:
            change = _done(deed, seen)
            if change.after is change.before:
                return change
            ask = {"id": game_id, **_asked(change)}
            if node is not None:
                ask["node"] = node
            seen = await self._caller.run("change", ask, now)
            match seen["kind"]:
                case "changed":
                    return _told(change, seen["positions"])
                case "dead_node":
                    return DeadNode()

    async def get(self, game_id: GameId) -> Game | None:
        """One game."""
        return _game((await self._caller.run("game", {"id": game_id}))["record"])

    async def page(self, after: GameId | None, limit: int) -> tuple[Game, ...]:
        """Games in order of their ids."""
        ask: dict[str, Any] = {"limit": limit, "after": after or ""}
        return tuple(map(unpack_game, await self._caller.run("page", ask)))

    async def due(self, limit: int, now: float) -> GamesDue:
        """What has to be looked at now."""
        out = await self._caller.run("due", {"limit": limit}, now)
        bereft = (name.split("\0") for name in out["bereft"])
        return GamesDue(
            tuple(map(GameId, out["expired"])),
            tuple((GameId(game), NodeId(node)) for node, game in bereft),
        )

    async def history(
        self, account: AccountId, after: str | None, limit: int
    ) -> tuple[tuple[str, Played], ...]:
        """Somebody's games."""
        ask: dict[str, Any] = {"account": account, "limit": limit}
        if after is not None:
            ask["after"] = after
        flat = await self._caller.run("history", ask)
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return tuple((key, unpack_played(record)) for key, record in pairs)

    async def ratings(self, mode: str, accounts: Iterable[AccountId]) -> dict[AccountId, Rating]:
        """The ratings of those who have one."""
        everybody = tuple(accounts)
        found = await self._caller.run("ratings", {"mode": mode, "accounts": everybody})
        pairs = zip(everybody, found, strict=True)
        return {account: to_rating(text) for account, text in pairs if text is not None}

    async def rated(self, account: AccountId) -> dict[str, Rating]:
        """All ratings of somebody."""
        found = await self._caller.run("rated", {"account": account})
        return {mode: to_rating(text) for mode, text in found}

    async def play_counts(self) -> PlayCounts:
        """How many there are."""
        return PlayCounts(*map(int, await self._caller.run("counts", {})))


def _done(deed: GameDeed, seen: dict[str, Any]) -> GameChange:
    """What a deed makes of what was seen."""
    before = _game(seen["record"])
    after = deed(before, float(seen["now"]))
    if after is None or after is before:
        return GameChange(before, after)
    return GameChange(before, replace(after, version=1 if before is None else before.version + 1))


def _asked(change: GameChange) -> dict[str, Any]:
    before, after = change.before, change.after
    old, new = names_of(before), names_of(after)
    ask: dict[str, Any] = {
        "version": 0 if before is None else before.version,
        "list": sorted(new - old),
        "unlist": sorted(old - new),
    }
    if after is not None:
        ask["game"] = from_game(after)
        if change.ended:
            ask["over"] = _over(after)
    return ask


def _over(game: Game) -> dict[str, Any]:
    """What the end of a game means for everything else."""
    assert game.outcome is not None
    over: dict[str, Any] = {
        "mode": game.mode.name,
        "players": [one.account for one in game.players],
        "guilty": game.outcome.guilty,
        "ratings": [(who, from_rating(rating)) for who, rating in game.outcome.ratings],
        "requeued": [from_ticket(one) for one in game.outcome.requeued],
    }
    played = history_of(game)
    if played is not None:
        accounts = [account for account, _ in played.players]
        over["played"] = {"accounts": accounts, "key": key_of(played), "record": pack(played)}
    return over


def _told(change: GameChange, positions: list[int]) -> GameChange:
    outcome = None if change.after is None else change.after.outcome
    if not change.ended or outcome is None:
        return change
    pairs = zip(outcome.requeued, positions, strict=True)
    return replace(change, positions={one.id: int(position) for one, position in pairs})


def _game(record: str | None) -> Game | None:
    return None if record is None else unpack_game(record)
