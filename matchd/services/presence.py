"""Presence: who is there, and telling friends when that changes (wire.md 4).

Somebody is there while he has an event socket, and `events.presence_grace` longer
(domain/events.py); where he is then, a lobby or a game, other services say by `place`. Only friends
are told, so nobody who blocks or is blocked learns anything, and who wants to be unseen is offline
to all.

Theory of operation: what changed is only a reason to look. One task looks how somebody stands now,
tells his friends that, and looks again once it is written; if that was overtaken, by another node
too, it tells them anew. So what friends heard last is how it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import trio

from matchd.domain.accounts import Account
from matchd.domain.events import Presence
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId
from matchd.errors import StoreUnavailable
from matchd.services.publisher import Publisher
from matchd.store.ports import EventsPort, Friend, PeopleStore

PAGE = 500
"""Friends that are read at once."""

RETRY = 1.0
"""Seconds until the store is tried again."""


class PresenceService:
    """Who is there."""

    def __init__(self, people: PeopleStore, events: EventsPort, publisher: Publisher) -> None:
        # Fixed after construction.
        self._people = people
        self._events = events
        self._publisher = publisher
        # Changed only in sync functions: whose friends are to be told, all (None) or only these.
        self._due: dict[AccountId, set[AccountId] | None] = {}
        self._placing: dict[AccountId, Presence] = {}
        self._veiled: set[AccountId] = set()
        self._wake = trio.Event()

    def place(self, account: AccountId, presence: Presence) -> None:
        """Say where somebody is: LOBBY, GAME, or ONLINE when he is nowhere special any more. Sync; it
        holds soon, and also when he comes only later.
        """
        self._placing[account] = presence
        self._wake.set()

    async def seen(self, accounts: Iterable[Account]) -> dict[AccountId, Presence]:
        """Those of these accounts that are there and let it be seen, and where."""
        visible = [account.id for account in accounts if account.visible]
        present = await self._events.present(visible)
        return {account: present[account] for account in visible if account in present}

    def changed(self, *accounts: str) -> None:
        """Somebody came, went or left: his friends are told soon."""
        for account in accounts:
            self._due[AccountId(account)] = None
            self._wake.set()

    def veiled(self, account: AccountId) -> None:
        """Somebody is to be seen from now on, or no more: his friends are told soon."""
        self._veiled.add(account)
        self.changed(account)

    def befriended(self, one: AccountId, other: AccountId) -> None:
        """Two have become friends: each is told soon where the other is."""
        for seen, told in ((one, other), (other, one)):
            if seen not in self._due:
                self._due[seen] = {told}
            elif (others := self._due[seen]) is not None:
                others.add(told)
        self._wake.set()

    async def run(self) -> None:
        """Tell friends until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._placing or self._due:
                try:
                    await self._step()
                except StoreUnavailable:
                    await trio.sleep(RETRY)

    async def _step(self) -> None:
        """Place somebody, or tell of somebody; what the store was away for is to be done again."""
        if self._placing:
            account = next(iter(self._placing))
            presence = self._placing[account]
            if await self._events.place(account, presence):
                self.changed(account)
            if self._placing[account] is presence:
                del self._placing[account]
            return
        account = next(iter(self._due))
        only = self._due.pop(account)
        try:
            await self._look(account, only)
        except StoreUnavailable:
            self.changed(account)
            raise

    async def _look(self, account_id: AccountId, only: set[AccountId] | None) -> None:
        """Tell all friends, or only these, who have heard nothing yet. Of somebody unseen nothing is
        told but that he is offline, once: what else he does would show that he is not.
        """
        now = await self._stands(account_id)
        if now is None or not (now[0].visible or await self._has_hidden(account_id)):
            self._veiled.discard(account_id)
            return
        told = None if only is None else Presence.OFFLINE
        while (now := await self._stands(account_id)) is not None and now[1] is not told:
            account, told = now
            if only is not None:
                self._tell(account, told, only)
            else:
                await self._tell_all(account, told)
            await self._publisher.written()
        self._veiled.discard(account_id)

    async def _has_hidden(self, account_id: AccountId) -> bool:
        """Whether somebody who was seen until now is not any more."""
        if account_id not in self._veiled:
            return False
        return account_id in await self._events.present([account_id])

    async def _tell_all(self, account: Account, presence: Presence) -> None:
        after: Friend | None = None
        friends = self._people.friends
        while page := await friends.page(account.id, Standing.FRIEND, after, PAGE):
            self._tell(account, presence, [friend.other for friend in page])
            after = page[-1]

    async def _stands(self, account_id: AccountId) -> tuple[Account, Presence] | None:
        account = await self._people.accounts.get(account_id)
        if account is None:
            return None
        return account, (await self.seen([account])).get(account_id, Presence.OFFLINE)

    def _tell(self, account: Account, presence: Presence, friends: Collection[AccountId]) -> None:
        player = {"id": account.id, "name": account.handle}
        body = {"player": player, "state": presence.value}
        self._publisher.publish(friends, "friend.presence", body)
