"""The port of nodes: the processes that share a store, each alive as long as it renews its lease.

A node enters sockets into rooms only while its lease stands, so whoever finds the lease lapsed knows
all of them and takes them out (`Store.sweep`). A lapsed lease stands until a sweep ends it; after that
its sockets are gone for everybody else, so it is never renewed and the node joins under a new id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.ids import NodeId


class Leased(msgspec.Struct, frozen=True):
    """How a node stands. `known`: its lease does; otherwise it was ended or forgotten.

    `nodes` are all that live, and the dead that still have sockets in rooms. `memory` names the store's
    memory: another one has forgotten everything.
    `contact` rises each time the store was reached anew: what it acknowledged before may be lost.
    `drained`: an administrator has this node take no new matches.
    """

    known: bool
    nodes: tuple[NodeId, ...]
    memory: str
    contact: int = 0
    drained: bool = False


class NodeView(msgspec.Struct, frozen=True):
    """A node that lives, and whether it is drained."""

    id: NodeId
    drained: bool


class Stranger(msgspec.Struct, frozen=True):
    """Living nodes were configured with other secrets; nothing was changed."""


class NodesPort(Protocol):
    """Nodes: who shares this store."""

    @property
    def contact(self) -> int:
        """The present contact (see `Leased`): known before the next renewal says so."""

    async def join(
        self, node: NodeId, family: str, now: float, *, again: bool = False
    ) -> Leased | Stranger:
        """Take a lease under a new id; one that has ended takes none. `family` is a digest of what all
        nodes must have in common. `again`: this node was known to a memory that is lost.
        """

    async def renew(self, node: NodeId, now: float) -> Leased:
        """Renew the lease of a node that is known."""

    async def part(self, node: NodeId, now: float) -> None:
        """End a node's lease in good order; what sockets it still has are cleaned up by a sweep."""

    async def drain(self, nodes: Iterable[NodeId], *, drained: bool) -> None:
        """Have nodes take no new matches, or take them again; those that have ended are passed over."""

    async def living(self) -> tuple[NodeView, ...]:
        """The nodes whose lease has not ended, in order of their ids."""
