"""Chat in the embedded store (domain/chat.py): what is said is in the database, where the sockets are
is in memory, since they end with this process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice

from matchd.domain.chat import MOST_SOCKETS, Message, Retention, Seat, Verdict, other_of
from matchd.domain.ids import AccountId, Address, ChatId, NodeId
from matchd.store.embedded.durable import chat_messages, chat_rooms
from matchd.store.embedded.durable.chat_rooms import Moved
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.friends import are_apart
from matchd.store.ports import ChatDraft, ChatEntered, ChatMoved, ChatPage, Said

SWEEP_LIMIT = 1000
"""Messages that one sweep removes at most."""

Nodes = Callable[[], tuple[NodeId, ...]]
"""The nodes that live."""


class EmbeddedChat:
    """The port of chat over the database."""

    def __init__(self, database: Database, nodes: Nodes) -> None:
        # Fixed after construction.
        self._database = database
        self._nodes = nodes
        # Changed only in sync functions: by account the sockets, oldest first.
        self._sockets: dict[AccountId, dict[Address, None]] = {}

    async def create(
        self, notice: ChatDraft, creator: AccountId, others: tuple[AccountId, ...], now: float
    ) -> ChatMoved | Verdict:
        """Make a room."""
        return await self._move(lambda base: chat_rooms.create(base, notice, creator, others, now))

    async def add(
        self, notice: ChatDraft, by: AccountId, account: AccountId, now: float
    ) -> ChatMoved | Verdict:
        """Take somebody in."""
        return await self._move(lambda base: chat_rooms.add(base, notice, by, account, now))

    async def leave(
        self, notice: ChatDraft, account: AccountId, now: float, *, by: AccountId | None = None
    ) -> ChatMoved | Verdict:
        """Go, or be put out."""
        return await self._move(lambda base: chat_rooms.leave(base, notice, account, now, by))

    async def mute(
        self, room: ChatId, account: AccountId, by: AccountId, *, muted: bool
    ) -> Verdict | None:
        """Have a member say nothing."""
        return await self._database.write(
            lambda base: chat_rooms.mute(base, room, account, by, muted)
        )

    async def say(self, draft: ChatDraft, now: float, retention: Retention) -> Said | Verdict:
        """Store a message."""
        said = await self._database.write(partial(_say, draft, now, retention))
        if isinstance(said, Verdict):
            return said
        message, fresh, joined = said
        return Said(message, fresh, self._nodes(), joined)

    async def change(
        self, room: ChatId, seq: int, author: AccountId, content: str | None, now: float
    ) -> Said | Verdict:
        """Edit or delete a message."""
        changed = await self._database.write(
            lambda base: _change(base, room, seq, author, content=content, now=now)
        )
        return changed if isinstance(changed, Verdict) else Said(changed, True, self._nodes())

    async def ack(self, account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        """Move cursors."""
        wanted = dict(marks)

        def step(base: sqlite3.Connection) -> dict[ChatId, int]:
            places = {room: chat_rooms.ack(base, account, room, wanted[room]) for room in wanted}
            return {room: place for room, place in places.items() if place is not None}

        return await self._database.write(step)

    async def page(
        self,
        room: ChatId,
        account: AccountId,
        limit: int,
        *,
        after: int | None = None,
        before: int | None = None,
    ) -> ChatPage | Verdict:
        """A part of what a member may see."""

        def look(base: sqlite3.Connection) -> ChatPage | Verdict:
            seat = chat_messages.seat_of(base, room, account)
            if isinstance(seat, Verdict):
                return seat
            return chat_messages.page(base, seat, account, limit, after=after, before=before)

        return self._database.read(_at_one_moment(look))

    async def seats(self, account: AccountId) -> tuple[Seat, ...]:
        """The rooms somebody is in."""
        return self._database.read(lambda base: chat_rooms.seats_of(base, account))

    async def members(self, room: ChatId) -> tuple[AccountId, ...]:
        """Who is in a room."""
        query = "SELECT account FROM chat_members WHERE room = ? ORDER BY account"
        rows = self._database.read(lambda base: base.execute(query, (room,)).fetchall())
        return tuple(AccountId(row[0]) for row in rows)

    async def living(self) -> tuple[NodeId, ...]:
        """The nodes that live."""
        return self._nodes()

    async def written(
        self, author: AccountId, after: tuple[ChatId, int] | None, limit: int
    ) -> tuple[Message, ...]:
        """What somebody wrote."""
        return self._database.read(lambda base: chat_messages.written(base, author, after, limit))

    async def enter(self, account: AccountId, address: Address) -> ChatEntered | None:
        """Note a socket."""
        if address.node not in self._nodes():
            return None
        seats = await self.seats(account)
        sockets = self._sockets.setdefault(account, {})
        sockets.setdefault(address)
        replaced = tuple(islice(sockets, max(0, len(sockets) - MOST_SOCKETS)))
        for former in replaced:
            del sockets[former]
        return ChatEntered(seats, replaced, self._nodes())

    async def exit(self, account: AccountId, address: Address) -> None:
        """Forget a socket."""
        sockets = self._sockets.get(account, {})
        sockets.pop(address, None)
        if not sockets:
            self._sockets.pop(account, None)

    async def present(self, limit: int) -> tuple[AccountId, ...]:
        """Accounts that have a socket."""
        return tuple(islice(self._sockets, limit))

    async def sweep(self, now: float, retention: Retention) -> int:
        """Prune what is too old."""
        before = now - retention.seconds
        return await self._database.write(
            lambda base: chat_messages.prune_age(base, before, SWEEP_LIMIT)
        )

    async def _move(
        self, step: Callable[[sqlite3.Connection], Moved | Verdict]
    ) -> ChatMoved | Verdict:
        moved = await self._database.write(step)
        return moved if isinstance(moved, Verdict) else ChatMoved(*moved, self._nodes())


def _say(
    draft: ChatDraft, now: float, retention: Retention, base: sqlite3.Connection
) -> tuple[Message, bool, tuple[AccountId, ...]] | Verdict:
    assert draft.author is not None
    other = other_of(draft.room, draft.author)
    seat, said = chat_messages.standing(base, draft, draft.author)
    # Who has left a direct message may speak in it all the same, so what he said there counts too.
    if said is not None and (isinstance(seat, Seat) or other is not None):
        known = chat_messages.find(base, draft.room, said)
        assert known is not None
        return known, False, ()
    joined: tuple[AccountId, ...] = ()
    withheld = other is not None and are_apart(base, draft.author, other)
    if other is not None:
        pair = (draft.author,) if withheld else (draft.author, other)
        opened = chat_rooms.open_direct(base, draft.room, pair)
        if isinstance(opened, Verdict):
            return opened
        joined = opened
    elif isinstance(seat, Verdict):
        return seat
    elif seat.muted:
        return Verdict.MUTED
    message = chat_messages.append(base, draft, now, withheld=withheld, most=retention.messages)
    if withheld and other is not None:
        _pass_over(base, message, other)
    return message, True, joined


def _pass_over(base: sqlite3.Connection, message: Message, other: AccountId) -> None:
    """What a reader is never sent is not unread to him, if he has read all before it."""
    base.execute(
        "UPDATE chat_members SET cursor = ? WHERE room = ? AND account = ? AND cursor = ?",
        (message.seq, message.room, other, message.seq - 1),
    )


def _change(
    base: sqlite3.Connection,
    room: ChatId,
    seq: int,
    author: AccountId,
    *,
    content: str | None,
    now: float,
) -> Message | Verdict:
    seat = chat_messages.seat_of(base, room, author)
    if isinstance(seat, Verdict):
        return seat
    message = chat_messages.find(base, room, seq)
    hidden = message is None or seq <= seat.since or not message.shown_to(author)
    if message is None or hidden or message.deleted:
        return Verdict.UNKNOWN_MESSAGE
    if message.author != author:
        return Verdict.NOT_AUTHOR
    if seat.muted and content is not None:
        return Verdict.MUTED
    return chat_messages.change(base, message, content, now)


_Look = Callable[[sqlite3.Connection], ChatPage | Verdict]


def _at_one_moment(look: _Look) -> _Look:
    """Read in one transaction, so that no writer comes between two statements."""

    def whole(base: sqlite3.Connection) -> ChatPage | Verdict:
        if base.in_transaction:
            return look(base)
        base.execute("BEGIN")
        try:
            return look(base)
        finally:
            base.execute("COMMIT")

    return whole
