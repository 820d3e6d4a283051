"""The ports: one Protocol per noun. Every backend passes the same conformance suite (tests/store).

Rules: each method is one atomic step; absent is None; a refusal is a value, never an exception (the
one exception is StoreUnavailable, and then nothing was changed). What else the step changed comes
back as happenings, which the caller announces once.
"""

from typing import Protocol

import trio

from matchd.domain.happenings import Happening
from matchd.store.ports.accounts import (
    AccountsPort,
    Created,
    Export,
    Friend,
    NameTaken,
    UnknownAccount,
)
from matchd.store.ports.bookings import (
    BookingsPort,
    Claim,
    Claimed,
    Found,
    KeyTaken,
    Line,
    Nobody,
    TooMany,
)
from matchd.store.ports.bus import Bus, Ear
from matchd.store.ports.chat import ChatDraft, ChatEntered, ChatMoved, ChatPage, ChatPort, Said
from matchd.store.ports.events import Draft, Entered, EventsPort, Gone, Written
from matchd.store.ports.friends import (
    Blocking,
    Changed,
    FriendsPort,
    Oneself,
    Shift,
    TooManyEdges,
)
from matchd.store.ports.games import GameDeed, GamesDue, GamesPort, PlayCounts
from matchd.store.ports.groups import Affirmed, Full, GroupsPort, Joined, Joining
from matchd.store.ports.hosts import Beaten, Counts, HostsPort, HostView, Moved, RoomConflict
from matchd.store.ports.journal import JournalPort
from matchd.store.ports.lobbies import (
    CodeTaken,
    DeadNode,
    Deed,
    Due,
    Elsewhere,
    LobbiesPort,
    LobbyCounts,
    Log,
    Logged,
)
from matchd.store.ports.logins import (
    Banned,
    LoginsPort,
    Opened,
    Outdated,
    Reused,
    Revoked,
    Rotated,
)
from matchd.store.ports.nodes import Leased, NodesPort, NodeView, Stranger
from matchd.store.ports.queue import (
    Apart,
    Cooling,
    Lined,
    Outrated,
    Paired,
    Queued,
    QueuePort,
    Seated,
    Stale,
    Stand,
)
from matchd.store.ports.reports import ReportsPort
from matchd.store.ports.rooms import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    RoomsPort,
    Taken,
    UnknownNode,
    Waiting,
    WrongHost,
)
from matchd.store.ports.spent import SpentPort


class PeopleStore(Protocol):
    """The durable ports: what is kept of people outlives every process."""

    @property
    def accounts(self) -> AccountsPort:
        """Who is known."""

    @property
    def logins(self) -> LoginsPort:
        """Their logins, and what was revoked."""

    @property
    def friends(self) -> FriendsPort:
        """Their friendships and blocks."""

    @property
    def spent(self) -> SpentPort:
        """What may be used once."""

    @property
    def chat(self) -> ChatPort:
        """What they say to each other."""

    @property
    def reports(self) -> ReportsPort:
        """What they complain of."""

    @property
    def journal(self) -> JournalPort:
        """What happened, and what administrators did."""

    async def ready(self) -> str | None:
        """Why the store can't be used now, or None."""


class Store(PeopleStore, Protocol):
    """All ports of one backend, and its life."""

    @property
    def hosts(self) -> HostsPort:
        """Hosts and their heartbeats."""

    @property
    def bookings(self) -> BookingsPort:
        """Claims, the line, releases."""

    @property
    def rooms(self) -> RoomsPort:
        """Who is in which signaling room."""

    @property
    def lobbies(self) -> LobbiesPort:
        """Who is in which lobby, and what changed there."""

    @property
    def groups(self) -> GroupsPort:
        """Who meets whom in matchbox rooms and lobbies."""

    @property
    def queue(self) -> QueuePort:
        """Who waits for a game."""

    @property
    def games(self) -> GamesPort:
        """Games, their results, ratings."""

    @property
    def nodes(self) -> NodesPort:
        """The processes that share this store."""

    @property
    def bus(self) -> Bus:
        """News between them."""

    @property
    def events(self) -> EventsPort:
        """What players are told, and who is there."""

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Do what the store needs a task for, until cancelled; started once it may be called."""

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """Expire every lease that is due; each is expired by one caller only.

        A node that is dead is expired too, its sockets with it. Nothing expires just after an outage.
        """

    async def violations(self) -> tuple[str, ...]:
        """Check the invariants of design.md and name each one that does not hold."""


__all__ = [
    "AccountsPort",
    "Affirmed",
    "Apart",
    "Banned",
    "Beaten",
    "Blocking",
    "BookingClosed",
    "BookingsPort",
    "Bus",
    "Changed",
    "ChatDraft",
    "ChatEntered",
    "ChatMoved",
    "ChatPage",
    "ChatPort",
    "Claim",
    "Claimed",
    "CodeTaken",
    "Cooling",
    "Counts",
    "Created",
    "DeadNode",
    "Deed",
    "Draft",
    "Due",
    "Ear",
    "Elsewhere",
    "Entered",
    "EnteredHost",
    "EnteredPlayer",
    "EventsPort",
    "Export",
    "Found",
    "Friend",
    "FriendsPort",
    "Full",
    "GameDeed",
    "GamesDue",
    "GamesPort",
    "Gone",
    "GroupsPort",
    "HostView",
    "HostsPort",
    "Joined",
    "Joining",
    "JournalPort",
    "KeyTaken",
    "Leased",
    "Left",
    "Line",
    "Lined",
    "LobbiesPort",
    "LobbyCounts",
    "Log",
    "Logged",
    "LoginsPort",
    "Moved",
    "NameTaken",
    "Nobody",
    "NodeView",
    "NodesPort",
    "NotYours",
    "Oneself",
    "Opened",
    "Outdated",
    "Outrated",
    "Paired",
    "PeopleStore",
    "PlayCounts",
    "QueuePort",
    "Queued",
    "ReportsPort",
    "Reused",
    "Revoked",
    "RoomConflict",
    "RoomsPort",
    "Rotated",
    "Said",
    "Seated",
    "Shift",
    "SpentPort",
    "Stale",
    "Stand",
    "Store",
    "Stranger",
    "Taken",
    "TooMany",
    "TooManyEdges",
    "UnknownAccount",
    "UnknownNode",
    "Waiting",
    "Written",
    "WrongHost",
]
