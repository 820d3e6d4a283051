"""The port of events: logs of what players are told, where their event sockets are, who is there
(wire.md 4, 8; domain/events.py).

An event is written for accounts that are there or left less than `KEEP` seconds ago, since nobody else
could ask for it again. Times are lease seconds. All of it is ephemeral.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.events import Entry, Presence
from matchd.domain.ids import Address, NodeId


class Entered(msgspec.Struct, frozen=True):
    """The socket is known: its node is told what comes after `position`, and `entries` are what came
    before, by their ids; `gap`: more was asked for than is kept.

    `replaced` are sockets that lost their place (this one may be among them); `appeared`: the account
    was away until now.
    """

    turn: int
    position: int
    entries: tuple[Entry, ...]
    gap: bool
    replaced: tuple[Address, ...]
    appeared: bool


class Draft(msgspec.Struct, frozen=True):
    """An event to be written into the logs of these accounts, in all of which it has one id."""

    logs: tuple[str, ...]
    text: str


class Written(msgspec.Struct, frozen=True):
    """An event as it was written: for each node with sockets that follow them the logs, each with the
    id of its entry before this one (0: none).
    """

    id: int
    nodes: dict[NodeId, tuple[tuple[str, int], ...]]


class Gone(msgspec.Struct, frozen=True):
    """The accounts that are away from now on; `more` may be due."""

    accounts: tuple[str, ...]
    more: bool


class EventsPort(Protocol):
    """Events: who is to be told what, and who is there."""

    async def enter(
        self,
        account: str,
        address: Address,
        *,
        after: int | None,
        turn: int | None,
        now: float,
    ) -> Entered | None:
        """Let a socket in, or (with its `turn`) hear that it is there, and read its log on from `after`
        (None: from now). None when its node has no lease; nothing was changed.
        """

    async def leave(self, account: str, address: Address, *, grace: float, now: float) -> None:
        """Take a socket out; whose last one it was is away `grace` seconds later."""

    async def append(
        self, node: NodeId, number: int, drafts: tuple[Draft, ...], now: float
    ) -> tuple[Written, ...]:
        """Write a batch of events in order. A node numbers its batches; the last one again, whose
        answer was lost, is answered as before and not written again.
        """

    async def place(self, account: str, presence: Presence) -> bool:
        """Say where somebody is while he is there (ONLINE: nowhere special); whether that is seen."""

    async def present(self, accounts: Iterable[str]) -> dict[str, Presence]:
        """Those of these accounts that are there, and where."""

    async def sweep(self, *, grace: float, now: float) -> Gone:
        """Take out the sockets of nodes that are gone, and find who is away; in bounded steps."""
