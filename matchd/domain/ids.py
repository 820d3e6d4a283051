"""The names of things, each with the one parser that makes it. Imported by every ring.

A value of these types has been checked; nothing else may build one from outside text.
Alphabets and lengths: wire.md 1.2 (accounts), 2.1 (hosts, rooms, regions, games), its head (ours).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NewType, TypeVar

import msgspec

from matchd.errors import InvalidRequest

HostId = NewType("HostId", str)
RoomId = NewType("RoomId", str)
Region = NewType("Region", str)
Game = NewType("Game", str)
BookingId = NewType("BookingId", str)
PeerId = NewType("PeerId", str)
GroupId = NewType("GroupId", str)
NodeId = NewType("NodeId", str)
AccountId = NewType("AccountId", str)
Handle = NewType("Handle", str)
"""What an account is called: unique over all accounts without regard to case (domain/accounts.py)."""
LoginId = NewType("LoginId", str)
LobbyId = NewType("LobbyId", str)
TicketId = NewType("TicketId", str)
GameId = NewType("GameId", str)
ChatId = NewType("ChatId", str)
"""A chat room: its name, or the two accounts of a direct message (domain/chat.py)."""
MessageId = NewType("MessageId", str)
ReportId = NewType("ReportId", str)
AddressKey = NewType("AddressKey", str)
"""A caller's network address as limits count it: IPv4 whole, IPv6 by its /64."""

_T = TypeVar("_T", bound=str)

NAME = r"[A-Za-z0-9_.:-]{1,128}"
LABEL = r"[^\x00-\x1f\x7f]{1,64}"
CHAT = r"(?![@.])[^\x00-\x1f\x7f/]{1,64}"
OURS = r"[A-Za-z0-9_-]{1,64}"
"""What names look like that others make, what labels and chat rooms do, and the ids that we make."""

_NAME = re.compile(NAME, re.ASCII)
_LABEL = re.compile(LABEL)
_CHAT = re.compile(CHAT)
_OURS = re.compile(OURS, re.ASCII)
_SUBJECT = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,255}"
"""What a foreign issuer calls somebody: nothing that steers a terminal or turns a line around, and no
half of a character, which JSON can hold and nothing else.
"""
_ACCOUNT = re.compile(rf"[uk]_[A-Za-z0-9_-]{{1,62}}|x_[A-Za-z0-9_.-]{{1,64}}:{_SUBJECT}", re.ASCII)
HANDLE = r"[A-Za-z0-9_.-]{2,32}(~[A-Za-z0-9_.-]{1,64})?"
_HANDLE = re.compile(HANDLE, re.ASCII)


class Address(msgspec.Struct, frozen=True, order=True, gc=False):
    """Where news for one connection goes: the node that holds it, and its number there."""

    node: NodeId
    connection: int


def _parser(
    make: Callable[[str], _T], pattern: re.Pattern[str], allowed: str
) -> Callable[[str, str], _T]:
    def parse(text: str, field: str) -> _T:
        if pattern.fullmatch(text) is None:
            raise InvalidRequest(f"`{field}` must be {allowed}.")
        return make(text)

    return parse


host_id = _parser(HostId, _NAME, "1 to 128 of A-Z a-z 0-9 _ . : -")
room_id = _parser(RoomId, _NAME, "1 to 128 of A-Z a-z 0-9 _ . : -")
region = _parser(Region, _LABEL, "1 to 64 printable characters")
game = _parser(Game, _LABEL, "1 to 64 printable characters")
booking_id = _parser(BookingId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
peer_id = _parser(PeerId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
account_id = _parser(AccountId, _ACCOUNT, "the id of an account: u_, k_ or x_ and what follows")
handle = _parser(Handle, _HANDLE, "the name of a player, with what follows its ~")
login_id = _parser(LoginId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
lobby_id = _parser(LobbyId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
game_id = _parser(GameId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
chat_room = _parser(
    ChatId, _CHAT, "1 to 64 printable characters without /, and begin with no @ or ."
)
message_id = _parser(MessageId, _NAME, "1 to 128 of A-Z a-z 0-9 _ . : -")
report_id = _parser(ReportId, _OURS, "1 to 64 of A-Z a-z 0-9 _ -")
