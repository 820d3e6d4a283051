"""The port of chat: rooms, their messages, how far each member has come (domain/chat.py), and where the
chat sockets of an account are. Times are wall-clock seconds, stamped by the caller.

`nodes` are those that live: whoever made the step tells them. Everything but sockets is durable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from matchd.domain.chat import Message, Retention, Seat, Verdict
from matchd.domain.ids import AccountId, Address, ChatId, MessageId, NodeId


class ChatDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has no number yet; without an author the server says it."""

    room: ChatId
    id: MessageId
    author: AccountId | None
    sender: str
    content: str


class Said(msgspec.Struct, frozen=True):
    """A message as it stands now; `fresh` when this step stored it. `joined` are those of a direct
    message in whose list it is from now on.
    """

    message: Message
    fresh: bool
    nodes: tuple[NodeId, ...]
    joined: tuple[AccountId, ...] = ()


class ChatMoved(msgspec.Struct, frozen=True):
    """Who is in the room now that was not, or the other way round, and the server's word on that;
    none when there is no member left to hear it.
    """

    accounts: tuple[AccountId, ...]
    notice: Message | None
    nodes: tuple[NodeId, ...]


class ChatPage(msgspec.Struct, frozen=True):
    """Messages that a member may see, by their numbers, and how he stands. `end` is the last number
    that was looked at, whether it was shown or not.
    """

    messages: tuple[Message, ...]
    end: int
    seat: Seat


class ChatEntered(msgspec.Struct, frozen=True):
    """A socket is known. `replaced` are those that lost their place to it."""

    seats: tuple[Seat, ...]
    replaced: tuple[Address, ...]
    nodes: tuple[NodeId, ...]


class ChatPort(Protocol):
    """Chat: who is where, and what was said."""

    async def create(
        self, notice: ChatDraft, creator: AccountId, others: tuple[AccountId, ...], now: float
    ) -> ChatMoved | Verdict:
        """Make a room of the notice's name with these members; all or nothing."""

    async def add(
        self, notice: ChatDraft, by: AccountId, account: AccountId, now: float
    ) -> ChatMoved | Verdict:
        """A member takes somebody in."""

    async def leave(
        self, notice: ChatDraft, account: AccountId, now: float, *, by: AccountId | None = None
    ) -> ChatMoved | Verdict:
        """A member goes, or is put out by the creator. The last one takes the room along; a direct
        message is left without a word.
        """

    async def mute(
        self, room: ChatId, account: AccountId, by: AccountId, *, muted: bool
    ) -> Verdict | None:
        """The creator has a member say nothing, or lets him speak again."""

    async def say(self, draft: ChatDraft, now: float, retention: Retention) -> Said | Verdict:
        """Store a message under the room's next number. The same `id` of the same author is the same
        message. A direct message makes its room; from whom its reader blocks it is withheld.
        """

    async def change(
        self, room: ChatId, seq: int, author: AccountId, content: str | None, now: float
    ) -> Said | Verdict:
        """Put another text in the place of one's own message, or (None) delete it."""

    async def ack(self, account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        """Move cursors forward, as far as messages go; where they stand now, by the rooms one is in."""

    async def page(
        self,
        room: ChatId,
        account: AccountId,
        limit: int,
        *,
        after: int | None = None,
        before: int | None = None,
    ) -> ChatPage | Verdict:
        """The first messages behind `after`, or else the last ones (in front of `before`)."""

    async def seats(self, account: AccountId) -> tuple[Seat, ...]:
        """The rooms somebody is in, in order of their ids."""

    async def members(self, room: ChatId) -> tuple[AccountId, ...]:
        """Who is in a room, in order of ids."""

    async def living(self) -> tuple[NodeId, ...]:
        """The nodes that live, which news of rooms is for."""

    async def written(
        self, author: AccountId, after: tuple[ChatId, int] | None, limit: int
    ) -> tuple[Message, ...]:
        """What somebody wrote, by room and number, for his export."""

    async def enter(self, account: AccountId, address: Address) -> ChatEntered | None:
        """Note a socket, which is known already if it comes again; None when its node has no lease."""

    async def exit(self, account: AccountId, address: Address) -> None:
        """Forget a socket."""

    async def present(self, limit: int) -> tuple[AccountId, ...]:
        """Accounts that have a socket, some of them if there are very many."""

    async def sweep(self, now: float, retention: Retention) -> int:
        """Prune messages that are too old, and sockets of dead nodes. How many, in bounded steps."""
