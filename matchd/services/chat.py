"""Chat: rooms, direct messages, history, and telling all nodes what was said (wire.md 7).

A message is stored before anybody hears of it; then every living node is told, and each tells its own
sockets (services/chat_sockets.py). What is lost on the way a socket reads from the store, since numbers
have no holes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from matchd.domain import ids
from matchd.domain.chat import MOST_MEMBERS, SERVER, Message, Seat, Verdict, other_of, pair_of
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId, ChatId, MessageId, NodeId
from matchd.errors import (
    AlreadyMember,
    ChatFull,
    Forbidden,
    InvalidRequest,
    Muted,
    NotMember,
    PlayerBlocked,
    Refusal,
    RoomTaken,
    TooManyChats,
    UnknownMessage,
    UnknownPlayer,
    UnknownRoom,
)
from matchd.protocol import chat as dialect
from matchd.protocol.chat import MessageBody
from matchd.protocol.news import Altered, ChatNews, MembersMoved, Spoken, Typed
from matchd.services.core import Core
from matchd.services.directory import Directory, Known, Person
from matchd.services.people import People
from matchd.services.publisher import Publisher
from matchd.store.ports import ChatDraft, ChatMoved, Said

LISTED = 1000
"""Players that are listed at most."""

_REFUSALS: dict[Verdict, tuple[type[Refusal], str | None]] = {
    Verdict.UNKNOWN_ROOM: (UnknownRoom, None),
    Verdict.UNKNOWN_PLAYER: (UnknownPlayer, None),
    Verdict.UNKNOWN_MESSAGE: (UnknownMessage, None),
    Verdict.NOT_MEMBER: (NotMember, None),
    Verdict.ALREADY: (AlreadyMember, None),
    Verdict.MUTED: (Muted, None),
    Verdict.FULL: (ChatFull, None),
    Verdict.TOO_MANY: (TooManyChats, None),
    Verdict.TAKEN: (RoomTaken, "There is a room of this name already."),
    Verdict.NOT_CREATOR: (Forbidden, "Only the creator of the room may do this."),
    Verdict.NOT_AUTHOR: (Forbidden, "This message is somebody else's."),
}


def refusal_of(verdict: Verdict) -> Refusal:
    """What a caller is told."""
    kind, text = _REFUSALS[verdict]
    return kind(text)


class ChatService:
    """The rooms of all players."""

    def __init__(
        self, core: Core, people: People, directory: Directory, publisher: Publisher
    ) -> None:
        self._core = core
        self._publisher = publisher
        self._people = people
        self._directory = directory
        self._nodes: tuple[NodeId, ...] = ()

    async def rooms(self, me: Person) -> list[str]:
        """What the caller's rooms are called."""
        seats = await self._core.store.chat.seats(me.id)
        labels = await self._directory.labels(me.id, (seat.room for seat in seats))
        return sorted(labels.values())

    async def create(self, me: Person, name: str, others: Iterable[str]) -> None:
        """Make a room. Who blocks the caller is left out, and the caller is not told."""
        self._people.limiter.check(me.caller, "chat")
        room = ids.chat_room(name, "name")
        named = list(dict.fromkeys(others))
        if len(named) >= MOST_MEMBERS:
            raise ChatFull
        found = [await self._directory.player(who) for who in named]
        guests = await self._reachable(me, found)
        notice = self._notice(room, f"{me.handle} created the room")
        invited = tuple(guest.id for guest in guests)
        made = await self._core.store.chat.create(notice, me.id, invited, self._now())
        self._tell_moved(
            made, room, me, {one.id: one.handle for one in (me, *guests)}, arrived=True
        )
        self._core.journal.happened(
            "chat.created", chat=room, account=me.id, members=1 + len(invited)
        )

    async def add(self, me: Person, label: str, who: str) -> None:
        """Take somebody in. One who blocks the caller stays out, and the caller is not told."""
        self._people.limiter.check(me.caller, "chat")
        room, other = self._named(label), await self._directory.player(who)
        if other.id != me.id and not await self._reachable(me, [other]):
            await self._seat(me, room)
            return
        notice = self._notice(room, f"{me.handle} added {other.handle} to the room")
        added = await self._core.store.chat.add(notice, me.id, other.id, self._now())
        self._tell_moved(added, room, me, {other.id: other.handle}, arrived=True)
        self._core.journal.happened("chat.added", chat=room, account=other.id, by=me.id)

    async def leave(self, me: Person, label: str) -> None:
        """Leave a room, or take a direct message off the list."""
        self._people.limiter.check(me.caller, "chat")
        room = await self._directory.room(me.id, label)
        notice = self._notice(room, f"{me.handle} left the room")
        left = await self._core.store.chat.leave(notice, me.id, self._now())
        self._tell_moved(left, room, me, {me.id: me.handle}, arrived=False)
        self._core.journal.happened("chat.left", chat=room, account=me.id)

    async def kick(self, me: Person, label: str, who: str) -> None:
        """Put a member out."""
        self._people.limiter.check(me.caller, "chat")
        room, other = self._named(label), await self._directory.player(who)
        notice = self._notice(room, f"{me.handle} removed {other.handle} from the room")
        kicked = await self._core.store.chat.leave(notice, other.id, self._now(), by=me.id)
        self._tell_moved(kicked, room, me, {other.id: other.handle}, arrived=False)
        self._core.journal.happened("chat.kicked", chat=room, account=other.id, by=me.id)

    async def mute(self, me: Person, label: str, who: str, *, muted: bool) -> None:
        """Have a member say nothing, or let him speak again."""
        self._people.limiter.check(me.caller, "chat")
        room, other = self._named(label), await self._directory.player(who)
        verdict = await self._core.store.chat.mute(room, other.id, me.id, muted=muted)
        if verdict is not None:
            raise refusal_of(verdict)
        event = "chat.muted" if muted else "chat.unmuted"
        self._core.journal.happened(event, chat=room, account=other.id, by=me.id)

    async def say(self, me: Person, body: MessageBody) -> Message:
        """Store a message and tell it."""
        if body.sender is not None and body.sender not in (me.handle, me.id):
            raise Forbidden("`sender` must be you, or left out.")
        self._people.limiter.check(me.caller, "chat")
        room = await self._directory.room(me.id, body.room)
        pair = pair_of(room)
        if pair is not None:
            await self._check_own_block(me, pair[0] if pair[1] == me.id else pair[1])
        draft = ChatDraft(
            room=room,
            id=_new_id() if body.id is None else ids.message_id(body.id, "id"),
            author=me.id,
            sender=me.handle,
            content=body.content,
        )
        keep = self._core.current.settings.chat_keep
        said = self._checked(await self._core.store.chat.say(draft, self._now(), keep))
        if said.fresh:
            names = await self._directory.handles(pair) if pair and said.joined else {}
            self._tell(said.nodes, Spoken(said.message, said.joined, names))
            self._tell_away(me, said.message)
        return said.message

    async def change(self, me: Person, label: str, seq: int, content: str | None) -> Message:
        """Edit one's own message, or delete it."""
        self._people.limiter.check(me.caller, "chat")
        room = await self._directory.room(me.id, label)
        change = self._core.store.chat.change
        changed = self._checked(await change(room, seq, me.id, content, self._now()))
        self._tell(changed.nodes, Altered(changed.message))
        return changed.message

    async def history(
        self, me: Person, label: str, limit: int, *, after: int | None, before: int | None
    ) -> dialect.HistoryView:
        """A page of what the caller may see."""
        room = await self._directory.room(me.id, label)
        page = self._core.store.chat.page
        found = await page(room, me.id, limit, after=after, before=before)
        if isinstance(found, Verdict):
            raise refusal_of(found)
        seat, gone = found.seat, None
        start = max(seat.since, after or 0) + 1
        if start < seat.first and (after is not None or not found.messages):
            gone = dialect.gap(label, start, seat.first - 1)
        views = tuple(dialect.view(message, label) for message in found.messages)
        return dialect.HistoryView(
            room=label, messages=views, cursor=seat.cursor, last=seat.last, gap=gone
        )

    async def unread(self, me: Person) -> list[dialect.UnreadView]:
        """How much the caller has not read, room by room."""
        seats = await self._core.store.chat.seats(me.id)
        labels = await self._directory.labels(me.id, (seat.room for seat in seats))
        return [dialect.unread(seat, labels[seat.room]) for seat in seats]

    async def ack(self, account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        """Move cursors; where they stand."""
        return await self._core.store.chat.ack(account, marks)

    async def users(self, me: Person) -> list[str]:
        """Whom the caller could take in: his friends, and who is in the chat now."""
        store = self._people.store
        friends = await store.friends.page(me.id, Standing.FRIEND, None, LISTED)
        present = await self._core.store.chat.present(LISTED)
        accounts = dict.fromkeys((*(line.other for line in friends), *present))
        apart = await store.friends.blocked(me.id, accounts)
        handles = await self._directory.handles(one for one in accounts if one not in apart)
        return sorted(handles.values(), key=str.casefold)[:LISTED]

    def typing(self, me: Known, room: ChatId) -> None:
        """Tell those in a room that somebody writes; nothing is stored."""
        self._tell(self._nodes, Typed(room, me.id, me.handle))

    def know(self, nodes: tuple[NodeId, ...]) -> None:
        """These nodes live, as the store has just said."""
        self._nodes = nodes

    async def _reachable(self, me: Person, others: list[Known]) -> list[Known]:
        """Those of them who are not kept apart from the caller; PlayerBlocked when he does it."""
        apart = await self._people.store.friends.blocked(me.id, (one.id for one in others))
        for other in apart:
            await self._check_own_block(me, other)
        return [one for one in others if one.id not in apart]

    async def _check_own_block(self, me: Person, other: AccountId) -> None:
        standing = await self._people.store.friends.standing(me.id, other)
        if standing is Standing.BLOCKED:
            raise PlayerBlocked

    async def _seat(self, me: Person, room: ChatId) -> Seat:
        page = await self._core.store.chat.page(room, me.id, 1)
        if isinstance(page, Verdict):
            raise refusal_of(page)
        return page.seat

    def _tell_away(self, me: Person, message: Message) -> None:
        """Who a direct message is for may have no chat open, but an event socket."""
        other = other_of(message.room, me.id)
        if other is not None and not message.withheld:
            body = {"room": f"@{me.handle}", "seq": message.seq}
            self._publisher.publish((other,), "chat.unread", body)

    def _named(self, label: str) -> ChatId:
        if label.startswith("@"):
            raise InvalidRequest("A direct message is between two; make a room for more.")
        return ids.chat_room(label, "room")

    def _notice(self, room: ChatId, text: str) -> ChatDraft:
        return ChatDraft(room=room, id=_new_id(), author=None, sender=SERVER, content=text)

    def _tell_moved(
        self,
        moved: ChatMoved | Verdict,
        room: ChatId,
        by: Known,
        names: dict[AccountId, str],
        *,
        arrived: bool,
    ) -> None:
        if isinstance(moved, Verdict):
            raise refusal_of(moved)
        self._tell(moved.nodes, MembersMoved(room, names, by.handle, arrived, moved.notice))
        if moved.notice is None:
            self._core.journal.happened("chat.ended", why="nobody is in it any more", chat=room)

    def _checked(self, said: Said | Verdict) -> Said:
        if isinstance(said, Verdict):
            raise refusal_of(said)
        return said

    def _tell(self, nodes: tuple[NodeId, ...], news: ChatNews) -> None:
        if nodes:
            self._nodes = nodes
        hub = self._core.hub
        for node in {*nodes, hub.node}:
            hub.post_node(node, news)

    def _now(self) -> float:
        return self._core.clock.wall()


def _new_id() -> MessageId:
    return MessageId(secrets.token_urlsafe(12))
