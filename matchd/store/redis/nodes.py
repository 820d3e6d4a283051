"""Nodes in Redis. Backend-internal."""

from __future__ import annotations

from collections.abc import Iterable

from matchd.domain.ids import NodeId
from matchd.store.ports import Leased, NodeView, Stranger
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.caller import Answer, Caller


class RedisNodes:
    """The port of nodes over the scripts."""

    def __init__(self, caller: Caller, batcher: Batcher) -> None:
        self._caller = caller
        self._batcher = batcher

    @property
    def contact(self) -> int:
        """How often Redis was reached anew."""
        return self._batcher.contacts

    async def join(
        self, node: NodeId, family: str, now: float, *, again: bool = False
    ) -> Leased | Stranger:
        """Take a lease under a new id."""
        ask = {"node": node, "family": family, "again": again}
        answer = await self._caller.run("join", ask, now, urgent=True)
        return Stranger() if "kind" in answer.out else self._leased(answer)

    async def renew(self, node: NodeId, now: float) -> Leased:
        """Renew the lease of a node that is known."""
        return self._leased(await self._caller.run("renew", {"node": node}, now, urgent=True))

    async def part(self, node: NodeId, now: float) -> None:
        """End a node's lease in good order."""
        await self._caller.run("part", {"node": node}, now, urgent=True)

    async def drain(self, nodes: Iterable[NodeId], *, drained: bool) -> None:
        """Have nodes take no new matches, or take them again."""
        await self._caller.run("drain", {"nodes": list(nodes), "drained": drained}, None)

    async def living(self) -> tuple[NodeView, ...]:
        """The nodes whose lease has not ended."""
        answer = await self._caller.run("living", {}, None)
        return tuple(NodeView(node["id"], node["drained"]) for node in answer.out)

    def _leased(self, answer: Answer) -> Leased:
        out = answer.out
        contact = self._batcher.contacts
        return Leased(out["known"], tuple(out["nodes"]), out["memory"], contact, out["drained"])
