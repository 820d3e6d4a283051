"""Friends: asking, accepting, blocking, and who is on one's list (wire.md 4).

What a deed means for both is the domain's; the store does it in one step. Nobody is told that he is
blocked: who asks somebody that blocks him is shown his request, as ever.
"""

from __future__ import annotations

import msgspec

from matchd.domain import ids
from matchd.domain.accounts import Account
from matchd.domain.callers import Caller
from matchd.domain.friends import Standing, Verb
from matchd.domain.ids import AccountId
from matchd.errors import (
    BadToken,
    InvalidRequest,
    PlayerBlocked,
    TooManyFriends,
    UnknownPlayer,
)
from matchd.protocol.friends import FriendView, Stands
from matchd.services.accounts import AccountService
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.publisher import Publisher
from matchd.store.ports import Blocking, Changed, Friend, Oneself, TooManyEdges, UnknownAccount


class Page(msgspec.Struct, frozen=True):
    """A part of one's list, and where the next one begins (None: this was the last)."""

    lines: tuple[FriendView, ...]
    cursor: str | None


class FriendService:
    """The lists of all players."""

    def __init__(
        self,
        people: People,
        accounts: AccountService,
        presence: PresenceService,
        publisher: Publisher,
    ) -> None:
        self._people = people
        self._accounts = accounts
        self._presence = presence
        self._publisher = publisher

    async def change(self, caller: Caller, who: str, verb: Verb) -> Stands:
        """Do something about a player, named by his id or handle."""
        self._people.limiter.check(caller, "friends")
        return await self._change(caller, await self._find(who), verb)

    async def ask_key(self, caller: Caller, other: AccountId) -> Stands:
        """Ask a player whose key is known; his account may be yet to come."""
        self._people.limiter.check(caller, "friends")
        return await self._change(caller, other, Verb.ASK)

    async def _change(self, caller: Caller, other: AccountId, verb: Verb) -> Stands:
        me, now = await self._accounts.mine(caller), self._people.clock.wall()
        done = await self._people.store.friends.change(me.id, other, verb, now)
        match done:
            case Oneself():
                raise InvalidRequest("This is you yourself.")
            case Blocking():
                raise PlayerBlocked
            case UnknownAccount():
                raise UnknownPlayer
            case TooManyEdges(theirs):
                raise TooManyFriends("Too many requests wait for this player." if theirs else None)
        known = await self._people.store.accounts.get(other)
        name = None if known is None else known.handle
        self._tell(me, other, name, done)
        return Stands(id=other, name=name, state=done.mine.after.value)

    async def page(
        self, caller: Caller, standing: Standing | None, cursor: str | None, limit: int
    ) -> Page:
        """A part of the caller's list."""
        me = await self._accounts.mine(caller)
        friends, accounts = self._people.store.friends, self._people.store.accounts
        found = await friends.page(me.id, standing, _after(cursor), limit)
        known = await accounts.many(line.other for line in found)
        friends_known = (
            known[line.other]
            for line in found
            if line.standing is Standing.FRIEND and line.other in known
        )
        present = await self._presence.seen(friends_known)
        lines = tuple(
            FriendView(
                id=line.other,
                name=known[line.other].handle if line.other in known else None,
                state=line.standing.value,
                online=line.other in present,
                presence=present.get(line.other),
                since=int(line.since),
            )
            for line in found
        )
        last = f"{found[-1].standing.value},{found[-1].other}" if len(found) == limit else None
        return Page(lines, last)

    async def show(self, caller: Caller, *, visible: bool) -> None:
        """Say whether friends see the caller's presence."""
        me = await self._accounts.mine(caller)
        if await self._people.store.accounts.show(me.id, visible=visible) is None:
            raise BadToken
        if visible is not me.visible:
            self._presence.veiled(me.id)

    def _tell(self, me: Account, other: AccountId, name: str | None, done: Changed) -> None:
        """Tell both what has begun, on all their devices; nobody is told that something has ended."""
        if done.theirs.before is done.theirs.after:
            return
        player = {"player": {"id": me.id, "name": me.handle}}
        if done.theirs.after is Standing.INCOMING:
            self._publisher.publish([other], "friend.request", player)
        elif done.theirs.after is Standing.FRIEND:
            self._publisher.publish([other], "friend.accepted", player)
            friend = {"player": {"id": other, "name": name}}
            self._publisher.publish([me.id], "friend.accepted", friend)
            self._presence.befriended(me.id, other)

    async def _find(self, who: str) -> AccountId:
        """An id before a handle: a name may look like an id, and nobody can take another's."""
        accounts = self._people.store.accounts
        try:
            account_id = ids.account_id(who, "player")
        except InvalidRequest:
            account_id = None
        if account_id is not None and await accounts.get(account_id) is not None:
            return account_id
        try:
            named = await accounts.by_handle(ids.handle(who, "player"))
        except InvalidRequest:
            named = None
        if named is not None:
            return named.id
        if account_id is None:
            raise UnknownPlayer
        return account_id


def _after(cursor: str | None) -> Friend | None:
    if cursor is None:
        return None
    standing, _, other = cursor.partition(",")
    try:
        return Friend(ids.account_id(other, "cursor"), Standing(standing), 0.0)
    except (ValueError, InvalidRequest):
        raise InvalidRequest("`cursor` must be one that was given with a page.") from None
