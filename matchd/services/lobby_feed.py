"""What changed in lobbies, as this node follows it: the store's one log, read on while anybody listens.

Theory of operation: a reader takes what is new from the log, when something was changed here and every
`PERIOD` otherwise, and keeps the last of it. Each follower has a place of his own in that log and takes
what lies behind it when he is ready, so a slow one costs nothing and nothing is ever dropped: who is
further behind than what is kept reads the store's log, and who is further behind than that is told to
begin anew. Places are the same at every node. What a follower may know is decided when he is told.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from itertools import islice

import msgspec
import trio

from matchd.domain.ids import AccountId
from matchd.domain.lobby_lists import Place
from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.protocol.news import Close
from matchd.store.ports import LobbiesPort, Logged

_log = get_logger()

PERIOD = 0.25
"""Seconds between two looks at the log."""

PIECE = 200
"""Changes that are read at once."""

RECENT = 1000
"""Changes that a node keeps for its followers."""


class Span(msgspec.Struct, frozen=True):
    """Changes between two places; `gap`: some of them are not kept any more, or they are too many."""

    entries: tuple[Logged, ...]
    gap: bool


class Follower:
    """Somebody who follows the log; he moves his `place` on himself. `ended`: he has to stop."""

    def __init__(self, feed: LobbyFeed, account: AccountId | None, place: Place) -> None:
        self.account = account
        self.place = place
        self.ended = False
        self._feed = feed

    async def next(self) -> tuple[Logged, ...] | None:
        """What comes next, at least one change; nothing when he has to stop; None when he has missed
        something and has to begin anew.
        """
        return await self._feed.after(self)

    def close(self) -> None:
        """He follows no more."""
        self._feed.leave(self)


class LobbyFeed:
    """The log of lobbies at one node."""

    def __init__(self, store: LobbiesPort) -> None:
        self._store = store
        # Changed only in sync functions. What is kept begins behind `_floor`.
        self._followers: dict[Follower, None] = {}
        self._recent: deque[Logged] = deque()
        self._epoch: str | None = None
        self._floor = self._head = 0
        self._news = trio.Event()
        self._wake = trio.Event()
        self._closed = False

    async def here(self) -> Place:
        """The end of the log now."""
        log = await self._store.log(0, 0)
        return Place(log.epoch, log.head)

    async def resumes(self, name: str) -> Place | None:
        """The place that a client was given, if nothing behind it is lost."""
        place = Place.parse(name)
        if place is None:
            return None
        log = await self._store.log(place.seq, 0)
        kept = log.epoch == place.epoch and place.seq <= log.head and not log.gap
        return place if kept else None

    async def knows(self, place: Place, here: Place) -> bool:
        """Whether a place is one of this log, which has come to `here` at least."""
        if place.epoch != here.epoch:
            return False
        return place.seq <= here.seq or place.seq <= (await self.here()).seq

    async def between(self, after: Place, until: Place) -> Span:
        """What was changed between two places, from what is kept here if that reaches far enough."""
        at = max(after.seq, until.seq - RECENT)
        if self._epoch == until.epoch and self._floor <= at and until.seq <= self._head:
            recent = islice(self._recent, at - self._floor, until.seq - self._floor)
            return Span(tuple(recent), gap=at > after.seq)
        return await self._stored(at, until, gap=at > after.seq)

    def follow(self, account: AccountId | None, place: Place) -> Follower:
        """Somebody follows from a place on."""
        follower = Follower(self, account, place)
        follower.ended = self._closed
        self._followers[follower] = None
        self._wake.set()
        return follower

    def leave(self, follower: Follower) -> None:
        """Somebody follows no more."""
        self._followers.pop(follower, None)

    def wake(self) -> None:
        """Something was changed here: look at once."""
        self._wake.set()

    def close(self) -> None:
        """End all followers: the daemon stops."""
        self._closed = True
        self._end(list(self._followers))

    def holds(self, account: AccountId) -> bool:
        """Whether this account follows here (endings.Holder)."""
        return any(one.account == account for one in self._followers)

    def end_account(self, account: AccountId, code: Close, reason: str) -> None:  # noqa: ARG002  # the protocol's
        """End all followers of an account (endings.Holder)."""
        self._end([one for one in self._followers if one.account == account])

    async def after(self, follower: Follower) -> tuple[Logged, ...] | None:
        """See Follower.next."""
        while True:
            place = follower.place
            if follower.ended:
                return ()
            if self._epoch is not None and place.epoch != self._epoch:
                return None
            if self._epoch is not None and place.seq < self._floor:
                return await self._older(place)
            found = tuple(islice(self._recent, max(0, place.seq - self._floor), None))
            if self._epoch is not None and found:
                return found
            await self._news.wait()

    async def run(self) -> None:
        """Read on until cancelled, while anybody follows."""
        while True:
            if not self._followers:
                await self._wake.wait()
            self._wake = trio.Event()
            with suppress(StoreUnavailable):  # the node says so already
                while await self._read():
                    pass
            with trio.move_on_after(PERIOD):
                await self._wake.wait()

    async def _read(self) -> bool:
        """Take in a piece of the log; whether there may be more."""
        head = self._head
        log = await self._store.log(head, PIECE)
        if log.epoch != self._epoch or log.gap or log.head < head:
            self._begin(log.epoch, log.head)
            return False
        for entry in log.entries:
            self._recent.append(entry)
            self._head = entry.seq
        while len(self._recent) > RECENT:
            self._floor = self._recent.popleft().seq
        if log.entries:
            self._tell()
        return len(log.entries) == PIECE

    def _begin(self, epoch: str, head: int) -> None:
        if self._epoch not in (None, epoch):
            _log.info("lobbies.feed_begins", effect="whoever follows lobbies here is told anew")
        self._epoch, self._head, self._floor = epoch, head, head
        self._recent.clear()
        self._tell()

    async def _older(self, place: Place) -> tuple[Logged, ...] | None:
        log = await self._store.log(place.seq, PIECE)
        if log.epoch != place.epoch or log.gap or not log.entries:
            return None
        return log.entries

    async def _stored(self, at: int, until: Place, *, gap: bool) -> Span:
        found: list[Logged] = []
        while at < until.seq:
            log = await self._store.log(at, PIECE)
            if log.epoch != until.epoch or not log.entries:
                return Span((), gap=True)
            found += log.entries
            at, gap = found[-1].seq, gap or log.gap
        return Span(tuple(one for one in found if one.seq <= until.seq), gap)

    def _end(self, followers: list[Follower]) -> None:
        for follower in followers:
            follower.ended = True
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()
