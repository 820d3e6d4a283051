"""Listening to lobbies: what there is, then what changes, as one may see it (wire.md 5, 8).

The stream over HTTP and the event socket listen alike. Whoever names the last thing that he heard goes
on behind it, at any node; whoever can't is told everything anew.
"""

from __future__ import annotations

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId, Game, LobbyId
from matchd.domain.lobby_lists import Change, Place
from matchd.protocol.lobbies import LobbyEvent, Snapshot
from matchd.services.lobby_feed import Follower, LobbyFeed
from matchd.services.lobby_views import LobbyViews
from matchd.services.people import People
from matchd.store.ports import Logged

Told = tuple[Snapshot | LobbyEvent, ...]


class Listener:
    """Somebody who listens, between `begin` and `close`."""

    def __init__(
        self,
        feed: LobbyFeed,
        views: LobbyViews,
        account: AccountId | None,
        game: Game | None,
    ) -> None:
        self._feed = feed
        self._views = views
        self._account = account
        self._game = game
        self._follower: Follower | None = None
        self._place = Place("", 0)
        self._snapshot: Snapshot | None = None
        self._versions: dict[LobbyId, int] = {}

    async def begin(self, last: str | None) -> None:
        """Find the place behind what was heard last, or look at all there is."""
        place = None if last is None else await self._feed.resumes(last)
        if place is None:
            await self._begin_anew()
        else:
            self._place = place

    def open(self) -> None:
        """From here on `close` has to be called."""
        self._follower = self._feed.follow(self._account, self._place)

    def close(self) -> None:
        """Listen no more."""
        if self._follower is not None:
            self._follower.close()

    async def next(self) -> Told:
        """What is told next, at least one thing; nothing when he has to stop. A call that is cancelled
        has taken nothing.
        """
        assert self._follower is not None
        while True:
            if self._snapshot is not None:
                told, self._snapshot = self._snapshot, None
                return (told,)
            entries = await self._follower.next()
            if entries is None:
                await self._begin_anew()
                self._follower.place = self._place
            elif not entries:
                return ()
            else:
                events = await self._views.events(self._account, self._place, self._new(entries))
                self._follower.place = self._place = self._place.behind(entries[-1].seq)
                if events:
                    return events

    async def _begin_anew(self) -> None:
        place = await self._feed.here()
        found = await self._views.snapshot(self._account, self._game, place)
        self._snapshot, self._versions = found
        self._place = place

    def _new(self, entries: tuple[Logged, ...]) -> tuple[Logged, ...]:
        """Those of the game, without what the snapshot has told already."""
        return tuple(one for one in entries if self._is_new(one.change))

    def _is_new(self, change: Change) -> bool:
        lobby = change.after or change.before
        assert lobby is not None
        known = change.after is not None and change.after.version <= self._versions.get(lobby.id, 0)
        return self._game in (None, lobby.game_id) and not known


class LobbyListening:
    """Lets people listen."""

    def __init__(self, feed: LobbyFeed, views: LobbyViews, people: People) -> None:
        self._feed = feed
        self._views = views
        self._people = people

    async def listen(
        self, caller: Caller, last: str | None = None, game: Game | None = None
    ) -> Listener:
        """A listener that has begun; to be opened by whoever closes it."""
        viewer = self._views.viewer(caller)
        self._people.limiter.check(caller, "connects")
        listener = Listener(self._feed, self._views, viewer, game)
        await listener.begin(last)
        return listener
