"""Friendships in Redis. Backend-internal.

What a verb makes of a tie is decided by the domain alone: its whole table, nine lines, is sent along.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import msgspec

from matchd.domain.accounts import Kind
from matchd.domain.friends import MOST, Edge, Standing, Tie, Verb, blocks, change
from matchd.domain.ids import AccountId
from matchd.store.ports import (
    Blocking,
    Changed,
    Friend,
    Oneself,
    Shift,
    TooManyEdges,
    UnknownAccount,
)
from matchd.store.redis.accounts import chunks
from matchd.store.redis.suites import SuiteCaller


def _side(tie: Tie) -> dict[str, str]:
    return {"edge": tie.mine.value, "standing": tie.standing.value}


def _table(verb: Verb) -> dict[str, Any]:
    """What a verb makes of each tie it is not refused for."""
    ties = [Tie(*edges) for edges in product(Edge, Edge)]
    made = [(tie, change(tie, verb)) for tie in ties]
    return {
        f"{tie.mine}|{tie.theirs}": {
            "mine": _side(after),
            "theirs": _side(after.turned),
            "empty": after.empty,
        }
        for tie, after in made
        if after is not None
    }


_TABLES = {verb: _table(verb) for verb in Verb}


class RedisFriends:
    """The port of friends over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def change(
        self, me: AccountId, other: AccountId, verb: Verb, now: float
    ) -> Changed | Oneself | Blocking | TooManyEdges | UnknownAccount:
        """Ask or accept, delete, block, unblock."""
        if me == other:
            return Oneself()
        ask = {
            "me": me,
            "other": other,
            "table": _TABLES[verb],
            "most": MOST,
            "may_come": Kind.of(other) is Kind.KEY,
        }
        out = await self._caller.run("change", ask, now)
        match out["kind"]:
            case "unknown":
                return UnknownAccount()
            case "blocking":
                return Blocking()
            case "full":
                return TooManyEdges(out["theirs"])
        return Changed(_shift(out["mine"]), _shift(out["theirs"]))

    async def standing(self, me: AccountId, other: AccountId) -> Standing:
        """How the two stand."""
        return (await self._ties(me, [other]))[0].standing

    async def page(
        self, me: AccountId, standing: Standing | None, after: Friend | None, limit: int
    ) -> tuple[Friend, ...]:
        """Lines of one's list."""
        ask = {
            "me": me,
            "standing": None if standing is None else standing.value,
            "after": msgspec.to_builtins(after),
            "limit": limit,
        }
        lines = await self._caller.run("friends_page", ask)
        return tuple(msgspec.convert(line, Friend) for line in lines)

    async def blocked(self, me: AccountId, others: Iterable[AccountId]) -> frozenset[AccountId]:
        """Those who are kept apart from one, one script for each group of them."""
        apart: set[AccountId] = set()
        for chunk in chunks(others):
            ties = await self._ties(me, chunk)
            apart |= {other for other, tie in zip(chunk, ties, strict=True) if blocks(tie)}
        return frozenset(apart)

    async def _ties(self, me: AccountId, others: list[AccountId]) -> list[Tie]:
        raws = await self._caller.run("ties", {"me": me, "others": others})
        return [Tie(Edge(mine), Edge(theirs)) for mine, theirs in raws]


def _shift(standings: list[str]) -> Shift:
    return Shift(Standing(standings[0]), Standing(standings[1]))
