"""What is said of the routes of chat and reports (wire.md 7)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.errors import (
    AlreadyMember,
    ChatFull,
    Muted,
    NotMember,
    PlayerBlocked,
    RoomTaken,
    TooManyChats,
    UnknownMessage,
    UnknownPlayer,
    UnknownReport,
    UnknownRoom,
)
from matchd.protocol.answers import Done
from matchd.protocol.chat import (
    MOST_SEQ,
    EditBody,
    HistoryView,
    MessageBody,
    StoredView,
    UnreadView,
)
from matchd.protocol.reports import Filed, OwnReport, ReportBody
from matchd.protocol.texts import ChatLabel
from matchd.web.described.route import (
    GUEST,
    NAMED,
    PLAYER,
    REPORT,
    ROOM,
    Chapter,
    Query,
    Route,
    limit,
)

_SEEN = (UnknownRoom, UnknownPlayer, NotMember)
_ROOM = {"room": Annotated[ChatLabel, msgspec.Meta(description="A room, or `@` and a name.")]}
_MEMBER = {"room": ROOM, "who": NAMED}
_MESSAGE = {**_ROOM, "seq": Annotated[int, msgspec.Meta(ge=0, le=MOST_SEQ)]}
_COUNT = Annotated[int, msgspec.Meta(ge=0, le=999_999_999)]

CHAT = Chapter(
    "Chat",
    "Rooms, and direct messages in rooms called `@name`. Messages are numbered by room, and stored "
    "before they are acknowledged.",
    {
        "GET /chat/list": Route("List one's rooms", PLAYER, tuple[str, ...], given=["@bob", "tea"]),
        "GET /chat/unread": Route(
            "See what is unread",
            PLAYER,
            tuple[UnreadView, ...],
            given=[{"room": "tea", "unread": 2, "cursor": 5, "last": 7}],
        ),
        "POST /chat/create/{name}": Route(
            "Make a room", PLAYER, Done, (RoomTaken, TooManyChats), path={"name": ROOM}
        ),
        "POST /chat/create/{name}/{users}": Route(
            "Make a room with others in it",
            PLAYER,
            Done,
            (RoomTaken, TooManyChats, ChatFull, UnknownPlayer),
            "Their names, with a slash between two.",
            path={"name": ROOM, "users": NAMED},
        ),
        "POST /chat/adduser/{room}/{who}": Route(
            "Take somebody in",
            PLAYER,
            Done,
            (*_SEEN, AlreadyMember, ChatFull, TooManyChats),
            path=_MEMBER,
        ),
        "DELETE /chat/leave/{room}": Route("Leave a room", PLAYER, Done, _SEEN, path=_ROOM),
        "POST /chat/kick/{room}/{who}": Route(
            "Put a member out, as the creator", PLAYER, Done, _SEEN, path=_MEMBER
        ),
        "POST /chat/mute/{room}/{who}": Route(
            "Silence a member, as the creator", PLAYER, Done, _SEEN, path=_MEMBER
        ),
        "DELETE /chat/mute/{room}/{who}": Route(
            "Let a member speak again", PLAYER, Done, _SEEN, path=_MEMBER
        ),
        "POST /chat/chatroom": Route(
            "Say something",
            PLAYER,
            StoredView,
            (*_SEEN, Muted, PlayerBlocked),
            "With an `id` of one's own it may be sent again: it is the same message.",
            body=MessageBody,
            sample={"room": "tea", "content": "hello", "id": "1"},
            given={"seq": 2, "timestamp": 1795234263, "id": "1"},
        ),
        "GET /chat/history/{room}": Route(
            "Read what was said",
            PLAYER,
            HistoryView,
            _SEEN,
            query=(
                Query("after", _COUNT, "Those behind this number."),
                Query("before", _COUNT, "Those before this number; not with `after`."),
                limit(50, 200),
            ),
            path=_ROOM,
        ),
        "PATCH /chat/message/{room}/{seq}": Route(
            "Say something else instead, as the author",
            PLAYER,
            StoredView,
            (*_SEEN, UnknownMessage, Muted),
            body=EditBody,
            path=_MESSAGE,
            sample={"content": "hello, all"},
        ),
        "DELETE /chat/message/{room}/{seq}": Route(
            "Take a message back, as the author",
            PLAYER,
            StoredView,
            (*_SEEN, UnknownMessage),
            path=_MESSAGE,
        ),
    },
)

REPORTS = Chapter(
    "Reports",
    "What players complain of. A report keeps the messages that it is about as they were.",
    {
        "POST /report": Route(
            "Report something",
            GUEST,
            Filed,
            (*_SEEN, UnknownMessage),
            body=ReportBody,
            sample={"issue": "He cheats.", "target": "bob"},
            given={"id": "Jx5bq0kQ2v8", "state": "open"},
        ),
        "GET /report/{name}": Route(
            "See what became of one's report",
            PLAYER,
            OwnReport,
            (UnknownReport,),
            path={"name": REPORT},
        ),
    },
)
