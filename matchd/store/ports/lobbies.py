"""The port of lobbies (wire.md 5): records changed by compare-and-set, and one log of what changed.

Rules: a deed is a function of the domain. It is given the lobby as it stands (None: there is none) and
the store's time, and returns what it shall be (None: nothing); it may be called more than once, and an
exception of its own leaves everything as it was. In the step that writes the lobby the homes of its
members change too, so nobody is ever in two. Times in lobbies are in the store's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from matchd.domain.ids import AccountId, LobbyId, NodeId
from matchd.domain.lobbies import Lobby
from matchd.domain.lobby_lists import Change, Sought

Deed = Callable[[Lobby | None, float], Lobby | None]


class Elsewhere(msgspec.Struct, frozen=True):
    """Somebody who should come in is in another lobby; nothing was changed."""

    lobby_id: LobbyId


class CodeTaken(msgspec.Struct, frozen=True):
    """Another lobby has that code; nothing was changed."""


class DeadNode(msgspec.Struct, frozen=True):
    """The node that the deed is for has no lease; nothing was changed."""


class Due(msgspec.Struct, frozen=True):
    """Lobbies whose deadline is over, and those that have sockets of nodes that are dead."""

    expired: tuple[LobbyId, ...]
    bereft: tuple[tuple[LobbyId, NodeId], ...]


class Logged(msgspec.Struct, frozen=True):
    """One change, by its place in the log."""

    seq: int
    change: Change


class Log(msgspec.Struct, frozen=True):
    """A piece of the log. `epoch` names its memory: numbers of another one mean nothing here. `head` is
    the last number that was given; `gap`: some of what was asked for is not kept any more.
    """

    epoch: str
    head: int
    entries: tuple[Logged, ...]
    gap: bool


class LobbyCounts(msgspec.Struct, frozen=True):
    """How many there are."""

    waiting: int
    in_progress: int


class LobbiesPort(Protocol):
    """Lobbies: who is with whom."""

    async def change(
        self, lobby_id: LobbyId, deed: Deed, now: float, *, node: NodeId | None = None
    ) -> Change | Elsewhere | CodeTaken | DeadNode:
        """Do a deed, and log it if it changes anything; `node` has to have a lease."""

    async def get(self, lobby_id: LobbyId) -> Lobby | None:
        """One lobby."""

    async def of(self, account: AccountId) -> Lobby | None:
        """The lobby that somebody is in."""

    async def by_code(self, code: str) -> Lobby | None:
        """The lobby that has this code."""

    async def page(self, sought: Sought, after: str | None, limit: int) -> tuple[Lobby, ...]:
        """Up to `limit` lobbies in order of their keys (lobby_lists.key_of), after the given key."""

    async def due(self, now: float, limit: int) -> Due:
        """What has to be looked at now, up to `limit` of each; old entries of the log are forgotten."""

    async def log(self, after: int, limit: int) -> Log:
        """Up to `limit` changes after a number, in order."""

    async def counts(self) -> LobbyCounts:
        """How many there are."""
