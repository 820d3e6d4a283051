"""Groups in Redis (wire.md 3). Backend-internal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from matchd.domain.groups import LINGER, Departure, Group, GroupKey, Member, contradictions
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Leases
from matchd.domain.ids import Address, GroupId, NodeId, PeerId
from matchd.errors import StoreUnavailable
from matchd.store.ports import Affirmed, Full, Joined, Joining, UnknownNode
from matchd.store.redis.records import Raw
from matchd.store.redis.suites import Suite, SuiteCaller

GROUPS = Suite(
    "groups",
    ("schema", "nodes", "pulse", "groups", "groups_open", "groups_sockets", "groups_due"),
    (
        "affirm",
        "dump",
        "evict",
        "join",
        "leave",
        "linger",
        "look",
        "resume",
        "sweep",
        "vacate",
    ),
    frozenset(("dump", "look")),
)

SWEEP_STEPS = 50
"""Scripts of one sweep at most; the next one goes on."""

SWEEP_LIMIT = 100
"""Places that one script ends at most, so that it holds Redis for a few milliseconds only."""


class RedisGroups:
    """The port of groups over the scripts."""

    def __init__(self, caller: SuiteCaller, leases: Leases) -> None:
        self._caller = caller
        self._leases = leases

    async def join(self, joining: Joining) -> Joined | Full | UnknownNode:
        """Take a place in the open group of a key."""
        ask = {
            "key": joining.key.digest,
            "next": joining.key.next,
            "topology": joining.key.topology,
            "fresh": joining.fresh,
            "limit": joining.limit,
            "member": joining.member,
        }
        out = await self._caller.run("join", ask)
        return Full() if out["kind"] == "full" else _joined(out)

    async def resume(
        self, group: GroupId, peer: PeerId, address: Address
    ) -> Joined | UnknownNode | None:
        """Come back to one's place from another socket."""
        out = await self._caller.run("resume", _place(group, peer, address))
        return None if out is None else _joined(out)

    async def leave(self, group: GroupId, peer: PeerId, address: Address) -> Departure | None:
        """Leave."""
        out = await self._caller.run("leave", _place(group, peer, address))
        return msgspec.convert(out, Departure | None)

    async def vacate(self, address: Address) -> Departure | None:
        """Leave whatever place this socket has."""
        out = await self._caller.run("vacate", {"address": address})
        return msgspec.convert(out, Departure | None)

    async def evict(self, key: GroupKey, account: str) -> Departure | None:
        """End the place that an account keeps while it is away."""
        out = await self._caller.run("evict", {"key": key.digest, "account": account})
        return msgspec.convert(out, Departure | None)

    async def linger(self, group: GroupId, peer: PeerId, address: Address, now: float) -> bool:
        """Be away for a while."""
        ask = {**_place(group, peer, address), "linger": LINGER}
        return bool(await self._caller.run("linger", ask, now))

    async def affirm(self, group: Group, *, restore: bool) -> Affirmed | UnknownNode:
        """Say who of one node is in a group."""
        members = list(group.members.values())
        ask = {**msgspec.structs.asdict(group), "members": members, "restore": restore}
        out = await self._caller.run("affirm", ask)
        if out["kind"] == "unknown_node":
            return UnknownNode()
        return Affirmed(_group(out["group"]), tuple(out["taken"]))

    async def look(self, key: GroupKey) -> Group | None:
        """The open group of a key."""
        out = await self._caller.run("look", {"key": key.digest})
        return None if out is None else _group(out)

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """End the places of those who did not come back, and of dead nodes.

        When Redis goes away between two steps, what the first ones did is still told.
        """
        ask = {
            "limit": SWEEP_LIMIT,
            "linger": LINGER,
            "outage": self._leases.outage,
            "node": self._leases.node,
        }
        departures: list[Departure] = []
        for _ in range(SWEEP_STEPS):
            try:
                out = await self._caller.run("sweep", ask, now)
            except StoreUnavailable:
                if not departures:
                    raise
                break
            departures += msgspec.convert(out["departures"], list[Departure])
            if not out["more"]:
                break
        return tuple(departures)

    async def violations(self) -> Iterator[str]:
        """What does not hold in Redis."""
        out = await self._caller.run("dump", {})
        groups = [_group(raw) for raw in out["groups"]]
        noted = [member.split("\0") for member in out["sockets"]]
        sockets = [
            (Address(NodeId(node), int(number)), GroupId(group), PeerId(peer))
            for node, number, group, peer in noted
        ]
        lingering = {
            f"{group.id}\0{one.peer}"
            for group in groups
            for one in group.members.values()
            if one.lingers
        }
        found = list(contradictions(groups, dict(out["open"]), sockets))
        if lingering != set(out["due"]):
            found.append("those who linger and their index differ")
        return iter(found)


def _place(group: GroupId, peer: PeerId, address: Address) -> dict[str, object]:
    return {"group": group, "peer": peer, "address": address}


def _joined(out: Raw) -> Joined | UnknownNode:
    if out["kind"] == "unknown_node":
        return UnknownNode()
    return msgspec.convert(out, Joined)


def _group(raw: Any) -> Group:
    members = msgspec.convert(raw["members"], tuple[Member, ...])
    return msgspec.convert({**raw, "members": {one.peer: one for one in members}}, Group)
