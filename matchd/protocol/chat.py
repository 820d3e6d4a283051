"""The chat dialect (wire.md 7): `{"action", "data"}` both ways, as melangerie's clients speak it. Pure.

Our own actions (`Ack`, `Sync`, `Typing`, `Gap`, `Edited`, `Deleted`, `Reauth`, `GoingAway`) and the
fields `seq`, `id`, `deleted`, `editedAt` are what older clients pass over. `Egress` is how its later
client leaves and adds.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain.chat import MOST_CONTENT, Message, Seat
from matchd.domain.reports import MOST_ISSUE
from matchd.errors import Refusal
from matchd.protocol.bodies import Answer, Body, encode
from matchd.protocol.bodies import decode as decode_body
from matchd.protocol.texts import ChatLabel, MessageText

Content = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CONTENT)]
Issue = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ISSUE)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
MOST_SEQ = 2**53 - 1
"""The greatest number that JavaScript counts to without a gap."""

Seq = Annotated[int, msgspec.Meta(ge=0, le=MOST_SEQ)]


class MessageBody(Body, frozen=True, kw_only=True):
    """A message as it is sent, over the socket and by `POST /chat/chatroom`."""

    room: ChatLabel
    content: Content
    sender: str | None = None
    id: MessageText | None = None


class EditBody(Body, frozen=True, kw_only=True):
    """`PATCH /chat/message/<room>/<seq>`."""

    content: Content


class Mark(Body, frozen=True, kw_only=True):
    """How far somebody is in a room."""

    room: Label
    seq: Seq


class Egress(msgspec.Struct, frozen=True):
    """Leave, or take somebody in, in the words of melangerie's later client."""

    room_id: Label
    user_id: Name
    action: Literal["Leave", "Join"]


class _Action(msgspec.Struct, frozen=True, tag_field="action"):
    pass


class Say(_Action, frozen=True, tag="Message"):
    """Say something."""

    data: MessageBody


class Complain(_Action, frozen=True, tag="Report"):
    """Report something."""

    data: Issue


class Leave(_Action, frozen=True, tag="Leave"):
    """Leave a room."""

    data: Label


class Add(_Action, frozen=True, tag="Add"):
    """Take somebody in: room and name."""

    data: tuple[Label, Name]


class ListUsers(_Action, frozen=True, tag="ListUsers"):
    """Who could be taken in."""


class Move(_Action, frozen=True, tag="Egress"):
    """See `Egress`."""

    data: Egress


class Ack(_Action, frozen=True, tag="Ack"):
    """Everything up to here has been read."""

    data: Mark


class Sync(_Action, frozen=True, tag="Sync"):
    """Send what lies behind these numbers."""

    data: Annotated[dict[str, Seq], msgspec.Meta(max_length=500)]


class Typing(_Action, frozen=True, tag="Typing"):
    """The sender writes something."""

    data: Label


class Reauth(_Action, frozen=True, tag="Reauth"):
    """The next token."""

    data: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


Action = Say | Complain | Leave | Add | ListUsers | Move | Ack | Sync | Typing | Reauth


class MessageView(Answer, frozen=True, kw_only=True):
    """A message as a member is shown it. Old clients read the first four fields."""

    sender: str
    room: str
    content: str
    timestamp: int
    seq: int
    id: str
    edited_at: int | None = None
    deleted: bool = False


class StoredView(Answer, frozen=True, kw_only=True):
    """What the sender is told of his message."""

    seq: int
    timestamp: int
    id: str


class UnreadView(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """One room of `GET /chat/unread`."""

    room: str
    unread: int
    cursor: int
    last: int


class GapView(Answer, frozen=True, kw_only=True):
    """Numbers that are not kept any more."""

    room: str
    first: int = msgspec.field(name="from")
    to: int


class HistoryView(Answer, frozen=True, kw_only=True):
    """A page of `GET /chat/history/<room>`; `cursor` and `last` as of now."""

    room: str
    messages: tuple[MessageView, ...]
    cursor: int
    last: int
    gap: GapView | None = None


def decode(text: str) -> Action:
    """The action; InvalidRequest says what is wrong with it."""
    return decode_body(text, Action)  # type: ignore[arg-type]  # a union is a type to msgspec


def view(message: Message, label: str) -> MessageView:
    """A message in a room that its reader calls so."""
    return MessageView(
        sender=message.sender,
        room=label,
        content=message.content,
        timestamp=int(message.at),
        seq=message.seq,
        id=message.id,
        edited_at=None if message.edited_at is None else int(message.edited_at),
        deleted=message.deleted,
    )


def stored(message: Message) -> StoredView:
    """What the sender is told."""
    return StoredView(seq=message.seq, timestamp=int(message.at), id=message.id)


def unread(seat: Seat, label: str) -> UnreadView:
    """How much is unread."""
    return UnreadView(room=label, unread=seat.unread, cursor=seat.cursor, last=seat.last)


def gap(label: str, first: int, to: int) -> GapView:
    """Numbers from `first` to `to` are gone."""
    return GapView(room=label, first=first, to=to)


def frame(
    action: Literal[
        "Message", "Edited", "Add", "List", "Leave", "Gap", "Typing", "Reauth", "GoingAway"
    ],
    data: object,
) -> bytes:
    """One frame from the server."""
    return encode({"action": action, "data": data})


def added(label: str, adder: str | None, name: str) -> bytes:
    """Somebody is in a room; at the connect (no adder) that one is in it."""
    return frame("Add", {"room": label, "adder": adder, "added": name})


def deleted(label: str, seq: int) -> bytes:
    """A message is gone."""
    return encode({"action": "Deleted", "data": {"room": label, "seq": seq}})


def acknowledged(label: str, message: Message) -> bytes:
    """Your message is stored, under this number."""
    data = {"room": label, "seq": message.seq, "id": message.id, "timestamp": int(message.at)}
    return encode({"action": "Ack", "data": data})


def error(refusal: Refusal, name: str | None = None) -> bytes:
    """Why something was not done; `name` is the `id` of the message it was about."""
    more: dict[str, object] = {"code": refusal.code}
    if name is not None:
        more["id"] = name
    if refusal.retry_after is not None:
        more["retryAfter"] = refusal.retry_after
    return encode({"action": "Error", "data": refusal.message, **more})
