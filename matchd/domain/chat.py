"""Chat: rooms, direct messages, numbered messages, and how far each member has come (wire.md 7). Pure.

Theory of operation: a room gives each message the next number (`seq`), which is never given again. A
member has one cursor per room, the last number he is known to have; whatever lies behind it he is sent
when he connects. His room begins where he joined it (`since`), so nobody reads what was said before.
What is pruned is missing from the beginning of the room: `first` is the lowest number that is kept.

* A direct message is a room of two accounts, made by its first message. Whoever leaves it is in it
  again from the next message on.
* The creator may kick and mute. When he leaves, whoever joined first after him is the creator. The last
  one to leave takes the room along.
* A deleted message keeps its number and loses everything else.
* What is written to somebody who blocks the author is `withheld`: only the author ever sees it, so he
  can't tell that he is blocked.
* The server's own words ("ann added bob to the room") are messages without an author, as given.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import AccountId, ChatId, Handle, MessageId

MOST_CONTENT = 4000
"""Characters of a message."""

MOST_MEMBERS = 1000
"""Members of a room."""

MOST_ROOMS = 500
"""Rooms that one account is in, direct messages included."""

MOST_SOCKETS = 8
"""Sockets of one account; one more ends the oldest."""

SERVER = Handle("Server")
"""Who says what the server itself has to say; nobody else may be called so."""

_PAIR = "\t"


class Verdict(enum.StrEnum):
    """Why a step was refused; nothing was changed."""

    UNKNOWN_ROOM = "unknown_room"
    UNKNOWN_PLAYER = "unknown_player"
    UNKNOWN_MESSAGE = "unknown_message"
    TAKEN = "taken"
    NOT_MEMBER = "not_member"
    NOT_CREATOR = "not_creator"
    NOT_AUTHOR = "not_author"
    ALREADY = "already"
    MUTED = "muted"
    FULL = "full"
    TOO_MANY = "too_many"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a room. Times are wall-clock seconds; without an author the server said it."""

    room: ChatId
    seq: int
    id: MessageId
    author: AccountId | None
    sender: str
    content: str
    at: float
    edited_at: float | None = None
    deleted: bool = False
    withheld: bool = False

    def shown_to(self, account: AccountId) -> bool:
        """Whether a member may know of it."""
        return not self.withheld or self.author == account


class Retention(msgspec.Struct, frozen=True):
    """How long a room keeps its messages, in seconds, and how many at most."""

    seconds: float
    messages: int


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """How a member stands in a room: `since` is the last number before he joined, `first` the lowest
    that is kept, `last` the highest that was given.
    """

    room: ChatId
    since: int
    cursor: int
    first: int
    last: int
    muted: bool = False
    creator: bool = False

    @property
    def unread(self) -> int:
        """How many messages lie behind the cursor."""
        return self.last - max(self.cursor, min(self.first - 1, self.last))


def direct(one: AccountId, two: AccountId) -> ChatId:
    """The room of two accounts, whichever of them asks."""
    return ChatId("@" + _PAIR.join(sorted((one, two))))


def pair_of(room: ChatId) -> tuple[AccountId, AccountId] | None:
    """The two accounts of a direct message; None for a room with a name."""
    if not room.startswith("@"):
        return None
    one, _, two = room[1:].partition(_PAIR)
    return AccountId(one), AccountId(two)


def other_of(room: ChatId, account: AccountId) -> AccountId | None:
    """With whom one talks in a direct message."""
    pair = pair_of(room)
    if pair is None:
        return None
    return pair[1] if pair[0] == account else pair[0]


def erased(message: Message) -> Message:
    """What is left of a message that was deleted."""
    return Message(
        room=message.room,
        seq=message.seq,
        id=message.id,
        author=message.author if message.withheld else None,
        sender="",
        content="",
        at=message.at,
        deleted=True,
        withheld=message.withheld,
    )
