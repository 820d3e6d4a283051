"""Who is called what: from names to accounts and back, and what a chat room is called to whom
(wire.md 1.2, 7). A direct message is `@` and the other's handle to each side; with an account that is
gone it is `@` and its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from matchd.domain import ids
from matchd.domain.callers import Caller
from matchd.domain.chat import direct, other_of
from matchd.domain.ids import AccountId, ChatId
from matchd.errors import InvalidRequest, UnknownPlayer
from matchd.services.accounts import AccountService
from matchd.services.people import People


class Known(msgspec.Struct, frozen=True):
    """Somebody with an account."""

    id: AccountId
    handle: str


class Person(Known, frozen=True):
    """The same as a caller."""

    caller: Caller


class Directory:
    """Names of accounts and rooms."""

    def __init__(self, people: People, accounts: AccountService) -> None:
        self._accounts = people.store.accounts
        self._service = accounts

    async def person(self, caller: Caller) -> Person:
        """The caller's account."""
        account = await self._service.mine(caller)
        return Person(account.id, account.handle, caller)

    async def find(self, who: str) -> Known | None:
        """A player by his id or handle."""
        try:
            account = await self._accounts.get(ids.account_id(who, "player"))
        except InvalidRequest:
            account = None
        if account is None:
            try:
                account = await self._accounts.by_handle(ids.handle(who, "player"))
            except InvalidRequest:
                account = None
        return None if account is None else Known(account.id, account.handle)

    async def player(self, who: str) -> Known:
        """The same; UnknownPlayer when there is none."""
        found = await self.find(who)
        if found is None:
            raise UnknownPlayer
        return found

    async def room(self, me: AccountId, label: str) -> ChatId:
        """The room that somebody calls so."""
        if not label.startswith("@"):
            return ids.chat_room(label, "room")
        found = await self.find(label[1:])
        if found is not None and found.id == me:
            raise InvalidRequest("This is you yourself.")
        return direct(me, found.id if found is not None else _gone(label[1:]))

    async def labels(self, me: AccountId, rooms: Iterable[ChatId]) -> dict[ChatId, str]:
        """What somebody calls these rooms."""
        others = {room: other_of(room, me) for room in rooms}
        known = await self._accounts.many(one for one in others.values() if one is not None)
        handles = {account.id: account.handle for account in known.values()}
        return {room: label_of(room, me, handles) for room in others}

    async def handles(self, accounts: Iterable[AccountId]) -> dict[AccountId, str]:
        """What these are called, as far as they are known."""
        known = await self._accounts.many(accounts)
        return {account.id: account.handle for account in known.values()}


def label_of(room: ChatId, me: AccountId, handles: Mapping[AccountId, str]) -> str:
    """What somebody calls a room."""
    other = other_of(room, me)
    return room if other is None else f"@{handles.get(other, other)}"


def _gone(name: str) -> AccountId:
    """The id of an account that is gone; UnknownPlayer when it can't be one."""
    try:
        return ids.account_id(name, "player")
    except InvalidRequest:
        raise UnknownPlayer from None
