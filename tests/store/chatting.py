"""People who chat in a store under test: short words for rooms, messages and cursors."""

from __future__ import annotations

import itertools

from matchd.domain.chat import SERVER, Message, Retention, Verdict, direct
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId, Address, ChatId, MessageId, NodeId
from matchd.store.ports import ChatDraft, ChatEntered, ChatMoved, ChatPage, Created, Said, Store
from tests.store.people import EPOCH, account

YEAR = Retention(365 * 86_400.0, 1000)


def who(name: str) -> AccountId:
    """The account that is called so."""
    return AccountId(name if name[1:2] == "_" else f"u_{name}")


def dm(one: str, two: str) -> ChatId:
    """The direct message of two."""
    return direct(who(one), who(two))


class Chat:
    """A store and its time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = EPOCH
        self.retention = YEAR
        self._ids = itertools.count()

    async def join(self, node: str = "n1") -> None:
        """Let a node live."""
        await self.store.nodes.join(NodeId(node), "family", 0.0)

    async def add_people(self) -> None:
        """Sign up the usual ones."""
        for name in ("ann", "bob", "cleo", "dan"):
            assert isinstance(await self.store.accounts.create(account(name)), Created)

    async def change_tie(self, me: str, other: str, verb: Verb) -> None:
        """What one does to another."""
        await self.store.friends.change(who(me), who(other), verb, self.now)

    def notice(self, room: str, text: str = "so it is") -> ChatDraft:
        """What the server has to say."""
        made = MessageId(f"s{next(self._ids)}")
        return ChatDraft(room=ChatId(room), id=made, author=None, sender=SERVER, content=text)

    async def open(self, room: str, *names: str) -> ChatMoved | Verdict:
        """The first of these makes a room with the others."""
        creator, *others = map(who, names)
        return await self.store.chat.create(self.notice(room), creator, tuple(others), self.now)

    async def add(self, room: str, by: str, name: str) -> ChatMoved | Verdict:
        """A member takes somebody in."""
        return await self.store.chat.add(self.notice(room), who(by), who(name), self.now)

    async def leave(self, room: str, name: str, by: str | None = None) -> ChatMoved | Verdict:
        """Somebody goes."""
        notice, doer = self.notice(room), None if by is None else who(by)
        return await self.store.chat.leave(notice, who(name), self.now, by=doer)

    async def say(
        self, room: str, name: str, text: str, name_id: str | None = None
    ) -> Said | Verdict:
        """Somebody says something."""
        made = MessageId(name_id or f"m{next(self._ids)}")
        draft = ChatDraft(room=ChatId(room), id=made, author=who(name), sender=name, content=text)
        return await self.store.chat.say(draft, self.now, self.retention)

    async def said(self, room: str, name: str, text: str, name_id: str | None = None) -> Message:
        """The same, and it is stored."""
        said = await self.say(room, name, text, name_id)
        assert isinstance(said, Said), said
        return said.message

    async def change(self, room: str, seq: int, name: str, text: str | None) -> Said | Verdict:
        """Somebody edits or deletes."""
        return await self.store.chat.change(ChatId(room), seq, who(name), text, self.now)

    async def page(
        self,
        room: str,
        name: str,
        limit: int = 50,
        after: int | None = None,
        before: int | None = None,
    ) -> ChatPage | Verdict:
        """A part of what somebody sees."""
        page = self.store.chat.page
        return await page(ChatId(room), who(name), limit, after=after, before=before)

    async def sees(self, room: str, name: str) -> list[tuple[int, str, str]]:
        """All that somebody sees: number, sender, text."""
        page = await self.page(room, name)
        assert isinstance(page, ChatPage), page
        return [(one.seq, one.sender, one.content) for one in page.messages]

    async def unread(self, name: str) -> dict[str, int]:
        """How much somebody has not read, by room."""
        return {seat.room: seat.unread for seat in await self.store.chat.seats(who(name))}

    async def enter(self, name: str, connection: int, node: str = "n1") -> ChatEntered | None:
        """A socket comes."""
        return await self.store.chat.enter(who(name), Address(NodeId(node), connection))

    async def exit(self, name: str, connection: int, node: str = "n1") -> None:
        """A socket goes."""
        await self.store.chat.exit(who(name), Address(NodeId(node), connection))
