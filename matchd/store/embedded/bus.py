"""The bus of a store that has one node only: there is nobody to send to. Backend-internal."""

from __future__ import annotations

import trio

from matchd.domain.ids import Address, NodeId
from matchd.protocol.news import News
from matchd.store.ports import Ear


class LoneBus:
    """Whatever leaves this process reaches nobody."""

    fault: str | None = None

    def send(self, sender: NodeId, address: Address, news: News) -> None:
        """Nobody is there."""

    def forget(self, node: NodeId) -> None:
        """Nobody was there."""

    async def listen(self, node: NodeId, ear: Ear) -> None:  # noqa: ARG002  # the port's names
        """Nothing ever comes."""
        await trio.sleep_forever()
