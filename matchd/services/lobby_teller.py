"""What happens to lobbies, told on event sockets as on the stream of lobbies (wire.md 5, 8).

One task of the node follows the log of lobbies from the first event socket on, and tells each change
to those who see it. What an outsider is told is made once for all of them; only whoever the change
concerns gets his own words. Whom a block keeps apart is asked once for each owner, not for each
listener. Nothing waits here for a slow socket: its outbox is bounded, and ends it.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import trio
from msgspec.structs import replace

from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby, is_concerned
from matchd.domain.lobby_lists import Change
from matchd.errors import StoreUnavailable
from matchd.protocol.bodies import encode
from matchd.protocol.events import text_of
from matchd.protocol.lobbies import LobbyEvent, events_of
from matchd.services.lobby_feed import Follower, LobbyFeed, Place
from matchd.store.ports import FriendsPort, Logged

RETRY = 1.0
"""Seconds until a store that was away is asked again; what was to be told waits in the log."""

OUTSIDER = AccountId("")
"""Whoever has an account, and nothing to do with a lobby."""

GAP = "gap"


class Hearer(Protocol):
    """An event socket."""

    account: str

    def tell(self, text: str) -> None:
        """Put one event, without its id."""


class LobbyTeller:
    """Tells the event sockets of this node."""

    def __init__(self, feed: LobbyFeed, friends: FriendsPort) -> None:
        # Fixed after construction.
        self._feed = feed
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

    def add(self, hearer: Hearer) -> None:
        """Tell a socket, after `begin`."""
        self._hearers[hearer] = None

    def remove(self, hearer: Hearer) -> None:
        """It is gone."""
        self._hearers.pop(hearer, None)

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
                self._place = await self._feed.here()
                for hearer in tuple(self._hearers):
                    hearer.tell(text_of(GAP, {}))
                return
            for entry in entries:
                await self._tell(entry)
                self._place = follower.place = replace(follower.place, seq=entry.seq)

    async def _tell(self, entry: Logged) -> None:
        if not self._hearers:
            return
        change = entry.change
        apart = await self._apart(change)
        common = _texts(change, OUTSIDER, frozenset())
        for hearer in tuple(self._hearers):
            account = AccountId(hearer.account)
            owners = frozenset(owner for owner, theirs in apart.items() if account in theirs)
            plain = not owners and not _is_about(change, account)
            for text in common if plain else _texts(change, account, owners):
                hearer.tell(text)

    async def _apart(self, change: Change) -> dict[AccountId, frozenset[AccountId]]:
        """For each owner the listeners whom a block keeps from him."""
        listeners = {AccountId(one.account) for one in self._hearers}
        return {
            one.owner: await self._friends.blocked(one.owner, listeners - {one.owner})
            for one in _both(change)
        }


def _both(change: Change) -> list[Lobby]:
    return [one for one in (change.before, change.after) if one is not None]


def _is_about(change: Change, account: AccountId) -> bool:
    """Whether somebody may be shown more or less of it than an outsider is."""
    return any(is_concerned(one, account) or account in one.kicked for one in _both(change))


def _texts(change: Change, viewer: AccountId, apart: frozenset[AccountId]) -> list[str]:
    return [_text(event) for event in events_of("", change, viewer, apart)]


def _text(event: LobbyEvent) -> str:
    # By way of JSON, since metadata is kept as such.
    body = msgspec.json.decode(encode(event), type=dict[str, object])
    return text_of(event.type, {k: v for k, v in body.items() if k not in ("id", "type")})
