"""What is heard in chat (wire.md 7): `{"action", "data"}`, as melangerie's clients expect it."""

from __future__ import annotations

import msgspec

from matchd.protocol.chat import GapView, MessageView


class _Heard(msgspec.Struct, frozen=True, kw_only=True, tag_field="action"):
    pass


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in a room, and by whom; at the connect by nobody."""

    room: str
    adder: str | None
    added: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Under which number a message is stored."""

    room: str
    seq: int
    id: str
    timestamp: int


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """A message by its number."""

    room: str
    seq: int


class Until(msgspec.Struct, frozen=True, kw_only=True):
    """By when."""

    deadline: int


class Added(_Heard, frozen=True, kw_only=True, tag="Add"):
    """One is, or somebody is, in a room; one for each of one's own at the connect."""

    data: Joining


class Message(_Heard, frozen=True, kw_only=True, tag="Message"):
    """Somebody has said something; to every device of every member, the sender's too."""

    data: MessageView


class Edited(_Heard, frozen=True, kw_only=True, tag="Edited"):
    """A message says something else now."""

    data: MessageView


class Deleted(_Heard, frozen=True, kw_only=True, tag="Deleted"):
    """A message is gone."""

    data: Numbered


class Acknowledged(_Heard, frozen=True, kw_only=True, tag="Ack"):
    """One's message is stored."""

    data: Stored


class Pruned(_Heard, frozen=True, kw_only=True, tag="Gap"):
    """These were pruned before one has read them."""

    data: GapView


class Left(_Heard, frozen=True, kw_only=True, tag="Leave"):
    """Room and name: somebody is not in it any more."""

    data: tuple[str, str]


class Listed(_Heard, frozen=True, kw_only=True, tag="List"):
    """Who could be taken in."""

    data: tuple[str, ...]


class IsTyping(_Heard, frozen=True, kw_only=True, tag="Typing"):
    """Room and name: somebody is writing."""

    data: tuple[str, str]


class ReauthAsked(_Heard, frozen=True, kw_only=True, tag="Reauth"):
    """With `v=1`: the token expires then; send the next one."""

    data: Until


class GoingAway(_Heard, frozen=True, kw_only=True, tag="GoingAway"):
    """The server restarts: come back when the socket closes."""

    data: Until


class Failed(_Heard, frozen=True, kw_only=True, tag="Error", rename="camel"):
    """Something was not done, and why; `id` is that of the message it was about."""

    data: str
    code: str
    id: str | msgspec.UnsetType = msgspec.UNSET
    retry_after: int | msgspec.UnsetType = msgspec.UNSET
