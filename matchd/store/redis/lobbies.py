"""Lobbies in Redis (wire.md 5). Backend-internal.

The machine runs here and never in Lua: a lobby is read, the deed makes the next one, and a script puts
it in the place of the version that was read. Where another was faster the script answers with what is
there now, so each further attempt is one round trip.
"""

from __future__ import annotations

from typing import Any

import trio
from msgspec.structs import replace

from matchd.domain.ids import AccountId, LobbyId, NodeId
from matchd.domain.lobbies import Lobby, Status
from matchd.domain.lobby_lists import (
    KEPT,
    KEPT_BYTES,
    SEPARATOR,
    Change,
    Sought,
    id_in,
    key_of,
    list_of_node,
    list_of_status,
    lists_of,
    names_of,
    pack,
    unpack_change,
    unpack_lobby,
    violations,
)
from matchd.store.ports import (
    CodeTaken,
    DeadNode,
    Deed,
    Due,
    Elsewhere,
    LobbyCounts,
    Log,
    Logged,
)
from matchd.store.redis.suites import Suite, SuiteCaller

LOBBIES = Suite(
    "lobbies",
    (
        "schema",
        "nodes",
        "pulse",
        "lobbies",
        "lobby_homes",
        "lobby_codes",
        "lobby_names",
        "lobby_due",
        "lobby_log",
        "lobby_totals",
    ),
    ("change", "counts", "due", "dump", "log", "look", "page"),
    frozenset(("counts", "dump", "log", "look", "page")),
)


class RedisLobbies:
    """The port of lobbies over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def change(
        self, lobby_id: LobbyId, deed: Deed, now: float, *, node: NodeId | None = None
    ) -> Change | Elsewhere | CodeTaken | DeadNode:
        """Do a deed, again and again until nobody comes between the look and the step.

        A caller who is cancelled still gets the answer: whom it concerns is told by him alone.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        with trio.CancelScope(shield=True):
            outcome = await self._change(lobby_id, deed, now, node)
        return outcome  # noqa: RET504  # for mypy, a scope may swallow what its body raises

    async def _change(
        self, lobby_id: LobbyId, deed: Deed, now: float, node: NodeId | None
    ) -> Change | Elsewhere | CodeTaken | DeadNode:
        seen = await self._caller.run("look", {"id": lobby_id}, now)
        while True:
            change = _done(deed, seen)
            if change.after is change.before:
                return change
            seen = await self._caller.run("change", {**_asked(change), "node": node}, now)
            answer = _answered(seen, change)
            if answer is not None:
                return answer

    async def get(self, lobby_id: LobbyId) -> Lobby | None:
        """One lobby."""
        return _lobby((await self._caller.run("look", {"id": lobby_id}))["record"])

    async def of(self, account: AccountId) -> Lobby | None:
        """The lobby that somebody is in."""
        return _lobby((await self._caller.run("look", {"account": account}))["record"])

    async def by_code(self, code: str) -> Lobby | None:
        """The lobby that has this code."""
        return _lobby((await self._caller.run("look", {"code": code}))["record"])

    async def page(self, sought: Sought, after: str | None, limit: int) -> tuple[Lobby, ...]:
        """Lobbies in order of their keys."""
        ask = {"lists": lists_of(sought), "after": after, "limit": limit}
        found = map(unpack_lobby, await self._caller.run("page", ask))
        by_key = {key_of(lobby): lobby for lobby in found}
        return tuple(by_key[key] for key in sorted(by_key)[:limit])

    async def due(self, now: float, limit: int) -> Due:
        """What has to be looked at now."""
        ask = {"nodes": list_of_node(), "limit": limit, **_kept()}
        out = await self._caller.run("due", ask, now)
        bereft = ((id_in(name), NodeId(name.split(SEPARATOR)[1])) for name in out["bereft"])
        return Due(tuple(map(LobbyId, out["expired"])), tuple(bereft))

    async def log(self, after: int, limit: int) -> Log:
        """Changes after a number, in order."""
        out = await self._caller.run("log", {"after": after, "limit": limit})
        entries = tuple(_logged(text) for text in out["entries"])
        return Log(out["epoch"], out["head"], entries, gap=after + 1 < out["first"])

    async def counts(self) -> LobbyCounts:
        """How many there are."""
        lists = [list_of_status(one) for one in Status]
        waiting, playing = await self._caller.run("counts", {"lists": lists})
        return LobbyCounts(waiting, playing)

    async def violations(self) -> tuple[str, ...]:
        """Check the invariants on what there is in one moment. O(n)."""
        out = await self._caller.run("dump", {})
        lobbies = [unpack_lobby(record) for record in out["records"]]
        wrong = violations(lobbies, _pairs(out["homes"]), _pairs(out["codes"]), out["names"])
        due = {(one, float(at)) for one, at in _pairs(out["due"])}
        if due != {(one.id, one.deadline) for one in lobbies if one.deadline is not None}:
            wrong.append("the deadlines and the lobbies differ")
        return tuple(wrong)


def _done(deed: Deed, seen: dict[str, Any]) -> Change:
    """What a deed makes of what was seen."""
    before = _lobby(seen["record"])
    after = deed(before, seen["now"])
    if after is None or after is before:
        return Change(before, after)
    return Change(before, replace(after, version=1 if before is None else before.version + 1))


def _answered(
    seen: dict[str, Any], change: Change
) -> Change | Elsewhere | CodeTaken | DeadNode | None:
    """What a step came to; None when another was faster."""
    match seen["kind"]:
        case "changed":
            return change
        case "elsewhere":
            return Elsewhere(LobbyId(seen["id"]))
        case "code_taken":
            return CodeTaken()
        case "dead_node":
            return DeadNode()
    return None


def _asked(change: Change) -> dict[str, Any]:
    before, after = change.before, change.after
    lobby = after or before
    assert lobby is not None
    old, new = names_of(before), names_of(after)
    were, are = _players(before), _players(after)
    return {
        "id": lobby.id,
        "code": lobby.code,
        "version": 0 if before is None else before.version,
        "record": None if after is None else pack(after),
        "come": sorted(are - were),
        "go": sorted(were - are),
        "list": sorted(new - old),
        "unlist": sorted(old - new),
        "due": None if after is None else after.deadline,
        "change": pack(change),
        **_kept(),
    }


def _kept() -> dict[str, float]:
    """How much the log holds."""
    return {"kept": KEPT, "kept_bytes": KEPT_BYTES}


def _players(lobby: Lobby | None) -> set[AccountId]:
    return set() if lobby is None else {one.account for one in lobby.members}


def _lobby(record: str | None) -> Lobby | None:
    return None if record is None else unpack_lobby(record)


def _logged(text: str) -> Logged:
    seq, _, rest = text.partition("\n")
    return Logged(int(seq), unpack_change(rest.partition("\n")[2]))


def _pairs(flat: list[str]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
