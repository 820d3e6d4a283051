"""The port of the bus: news from node to node (design.md, "Several nodes").

Rules: `send` is sync and keeps the order per receiving node; what was lost on the way is never sent
again, but the receiver is told that something was (`missed`), and asks the store how things stand.
"""

from __future__ import annotations

from typing import Protocol

from matchd.domain.ids import Address, NodeId
from matchd.protocol.news import News


class Ear(Protocol):
    """Who takes what comes from other nodes; both are sync and never raise."""

    def hear(self, sender: NodeId, address: Address, news: News) -> None:
        """Take one piece of news for a mailbox of this node."""

    def missed(self) -> None:
        """News may have been lost."""


class Bus(Protocol):
    """The way to other nodes."""

    @property
    def fault(self) -> str | None:
        """Why nothing arrives here now, or None."""

    def send(self, sender: NodeId, address: Address, news: News) -> None:
        """Send news to a mailbox of another node."""

    def forget(self, node: NodeId) -> None:
        """A node is dead: nothing goes to it or comes from it any more."""

    async def listen(self, node: NodeId, ear: Ear) -> None:
        """Take what comes for this node until cancelled; connects anew by itself."""
