"""What happens to lobbies, told on event sockets as on the stream of lobbies (wire.md 5, 8).

One task of the node follows the log of lobbies from the first event socket on, and tells each change
to those who see it. What an outsider is told is made once for all of them; only whoever the change
concerns gets his own words. Whom a block keeps apart is asked once for each owner, not for each
listener. Nothing waits here for a slow socket: its outbox is bounded, and ends it. Places in the log
are the same at every node, so whoever comes back is told what lies between his and the node's.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import trio

from matchd.domain.events import BYTES, COUNT
from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby, is_concerned
from matchd.domain.lobby_lists import Change, Place
from matchd.errors import StoreUnavailable
from matchd.protocol.bodies import encode
from matchd.protocol.events import text_of
from matchd.protocol.lobbies import LobbyEvent, events_of
from matchd.services.event_session import Missed, Remark
from matchd.services.lobby_feed import Follower, LobbyFeed
from matchd.services.lobby_views import LobbyViews
from matchd.store.ports import FriendsPort, Logged

RETRY = 1.0
"""Seconds until a store that was away is asked again; what was to be told waits in the log."""

OUTSIDER = AccountId("")
"""Whoever has an account, and nothing to do with a lobby."""


class Hearer(Protocol):
    """An event socket."""

    account: str

    def remark(self, place: Place, remarks: tuple[Remark, ...]) -> None:
        """Tell what there is to tell of the change that leads to a place."""

    def lose(self, place: Place) -> None:
        """Say that some of what happened before this place is lost."""


class LobbyTeller:
    """Tells the event sockets of this node."""

    def __init__(self, feed: LobbyFeed, views: LobbyViews, friends: FriendsPort) -> None:
        # Fixed after construction.
        self._feed = feed
        self._views = views
        self._friends = friends
        # Changed only in sync functions.
        self._hearers: dict[Hearer, None] = {}
        self._place: Place | None = None
        self._wake = trio.Event()

    async def begin(self) -> None:
        """Know where the log ends, so that who is added now is told all that comes."""
        if self._place is None:
            self._start(await self._feed.here())

    def _start(self, place: Place) -> None:
        """Of several that came at once the first counts."""
        self._place = self._place or place
        self._wake.set()

    def add(self, hearer: Hearer) -> Place:
        """Tell a socket, after `begin`, all that comes behind the place that is returned."""
        assert self._place is not None
        self._hearers[hearer] = None
        return self._place

    def remove(self, hearer: Hearer) -> None:
        """It is gone."""
        self._hearers.pop(hearer, None)

    async def missed(self, account: AccountId, after: Place | None, until: Place) -> Missed:
        """What somebody was not told between two places, the latest of it; nothing where he is ahead
        of this node. Who comes with a place in a log that is lost is told all of the one that began.
        """
        lost = after is not None and after.epoch != until.epoch
        if lost:
            after = Place(until.epoch, 0)
        if after is None or not await self._feed.knows(after, until):
            return Missed(until, until, (), gap=True)
        span = await self._feed.between(after, until)
        events = await self._views.events(account, after, span.entries)
        remarks = tuple(_remark(event) for event in events)
        latest = _latest(remarks)
        gap = lost or span.gap or len(latest) < len(remarks)
        return Missed(after, max(after, until, key=lambda place: place.seq), latest, gap)

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._wake.wait()
        while self._place is not None:
            follower = self._feed.follow(None, self._place)
            try:
                await self._follow(follower)
            except StoreUnavailable:
                await trio.sleep(RETRY)
            finally:
                follower.close()
            if follower.ended:
                await trio.sleep_forever()  # the daemon stops

    async def _follow(self, follower: Follower) -> None:
        """Tell what comes; where some of it is lost, that, and go on from the end."""
        while not follower.ended:
            entries = await follower.next()
            if entries is None:
                self._lose(await self._feed.here())
                return
            for entry in entries:
                place = follower.place.behind(entry.seq)
                await self._tell(entry, place)
                self._place = follower.place = place

    def _lose(self, place: Place) -> None:
        self._place = place
        for hearer in tuple(self._hearers):
            hearer.lose(place)

    async def _tell(self, entry: Logged, place: Place) -> None:
        """Tell a change, all who are here by then in one sync step."""
        if not self._hearers:
            return
        change, asked, apart = (
            entry.change,
            set[AccountId](),
            dict[AccountId, frozenset[AccountId]](),
        )
        while more := {AccountId(one.account) for one in self._hearers} - asked:
            asked |= more
            apart = await self._apart(change, asked)
        common = _remarks(place, change, OUTSIDER, frozenset())
        for hearer in tuple(self._hearers):
            account = AccountId(hearer.account)
            owners = frozenset(owner for owner, theirs in apart.items() if account in theirs)
            plain = not owners and not _is_about(change, account)
            hearer.remark(place, common if plain else _remarks(place, change, account, owners))

    async def _apart(
        self, change: Change, listeners: set[AccountId]
    ) -> dict[AccountId, frozenset[AccountId]]:
        """For each owner the listeners whom a block keeps from him."""
        return {
            one.owner: await self._friends.blocked(one.owner, listeners - {one.owner})
            for one in _both(change)
        }


def _both(change: Change) -> list[Lobby]:
    return [one for one in (change.before, change.after) if one is not None]


def _is_about(change: Change, account: AccountId) -> bool:
    """Whether somebody may be shown more or less of it than an outsider is."""
    return any(is_concerned(one, account) or account in one.kicked for one in _both(change))


def _remarks(
    place: Place, change: Change, viewer: AccountId, apart: frozenset[AccountId]
) -> tuple[Remark, ...]:
    return tuple(_remark(event) for event in events_of(place, change, viewer, apart))


def _remark(event: LobbyEvent) -> Remark:
    # By way of JSON, since metadata is kept as such.
    body = msgspec.json.decode(encode(event), type=dict[str, object])
    text = text_of(event.type, {k: v for k, v in body.items() if k not in ("id", "type")})
    return Remark(event.id, text)


def _latest(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """As many as a log of events keeps."""
    latest = remarks[-COUNT:]
    while sum(len(one.text) for one in latest) > BYTES:
        latest = latest[1:]
    return latest
