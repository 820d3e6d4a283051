"""A door for tests of the edges themselves: everybody may come in, to a conversation of the test."""

from __future__ import annotations

from collections.abc import Callable

import trio

from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits
from matchd.ws.doors import Conversation, Visit
from matchd.ws.requests import Head


class OpenDoor:
    """Lets everybody in."""

    dialect = "test"

    def __init__(self, conversation: Callable[[Outbox], Conversation], limits: RelayLimits) -> None:
        self.limits = limits
        self._conversation = conversation

    def opens(self, path: str) -> bool:  # noqa: ARG002  # all of them
        """Everywhere."""
        return True

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:  # noqa: ARG002
        """Let it in."""
        await trio.lowlevel.checkpoint()
        return Visit(self._conversation(socket), _nothing)


async def _nothing(_conversation: object) -> None:
    await trio.lowlevel.checkpoint()
