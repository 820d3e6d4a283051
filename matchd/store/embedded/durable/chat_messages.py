"""Messages in the database: the steps that store, change, read and prune them (domain/chat.py)."""

from __future__ import annotations

import sqlite3

from matchd.domain.chat import Message, Seat, Verdict, erased
from matchd.domain.ids import AccountId, ChatId, MessageId
from matchd.store.embedded.durable.rows import Row
from matchd.store.ports import ChatDraft, ChatPage

COLUMNS = "room, seq, id, author, sender, content, at, edited_at, deleted, withheld"

_PRUNED = 4
"""Messages that one new one drives out at most, when fewer are to be kept than before."""


def to_message(row: Row) -> Message:
    """The columns `COLUMNS`."""
    return Message(
        room=ChatId(row[0]),
        seq=row[1],
        id=MessageId(row[2]),
        author=None if row[3] is None else AccountId(row[3]),
        sender=row[4],
        content=row[5],
        at=row[6],
        edited_at=row[7],
        deleted=bool(row[8]),
        withheld=bool(row[9]),
    )


def seat_of(connection: sqlite3.Connection, room: ChatId, account: AccountId) -> Seat | Verdict:
    """How somebody stands in a room."""
    query = """SELECT member.since, member.cursor, chats.first, chats.last, member.muted,
        chats.creator FROM chats LEFT JOIN chat_members AS member
        ON member.room = chats.room AND member.account = ? WHERE chats.room = ?"""
    return _judged(room, account, connection.execute(query, (account, room)).fetchone())


def standing(
    connection: sqlite3.Connection, draft: ChatDraft, author: AccountId
) -> tuple[Seat | Verdict, int | None]:
    """How an author stands in the room, and the number under which he has said this there already."""
    query = """SELECT member.since, member.cursor, chats.first, chats.last, member.muted,
        chats.creator, said.seq FROM chats
        LEFT JOIN chat_members AS member ON member.room = chats.room AND member.account = ?
        LEFT JOIN chat_messages AS said
        ON said.room = chats.room AND said.said_by = ? AND said.id = ? WHERE chats.room = ?"""
    row = connection.execute(query, (author, author, draft.id, draft.room)).fetchone()
    return _judged(draft.room, author, row), None if row is None else row[6]


def _judged(room: ChatId, account: AccountId, row: Row | None) -> Seat | Verdict:
    if row is None:
        return Verdict.UNKNOWN_ROOM
    return Verdict.NOT_MEMBER if row[0] is None else to_seat(room, account, row)


def to_seat(room: ChatId, account: AccountId, row: Row) -> Seat:
    """The columns since, cursor, first, last, muted, creator."""
    return Seat(
        room=room,
        since=row[0],
        cursor=row[1],
        first=row[2],
        last=row[3],
        muted=bool(row[4]),
        creator=row[5] == account,
    )


def find(connection: sqlite3.Connection, room: ChatId, seq: int) -> Message | None:
    """One message."""
    query = f"SELECT {COLUMNS} FROM chat_messages WHERE room = ? AND seq = ?"  # noqa: S608
    row = connection.execute(query, (room, seq)).fetchone()
    return None if row is None else to_message(row)


def append(
    connection: sqlite3.Connection,
    draft: ChatDraft,
    now: float,
    *,
    withheld: bool = False,
    most: int | None = None,
) -> Message:
    """Give a message its number and store it; the room is there. Of more than `most` the oldest go."""
    step = "UPDATE chats SET last = last + 1 WHERE room = ? RETURNING last, first"
    seq, first = connection.execute(step, (draft.room,)).fetchone()
    connection.execute(
        "INSERT INTO chat_messages VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, ?, ?)",
        (
            draft.room,
            seq,
            draft.id,
            draft.author,
            draft.sender,
            draft.content,
            now,
            withheld,
            draft.author,
        ),
    )
    over = 0 if most is None else seq - first + 1 - most
    if over > 0:
        prune_to(connection, draft.room, first + min(over, _PRUNED) - 1)
    return Message(
        room=draft.room,
        seq=seq,
        id=draft.id,
        author=draft.author,
        sender=draft.sender,
        content=draft.content,
        at=now,
        withheld=withheld,
    )


def change(
    connection: sqlite3.Connection, message: Message, content: str | None, now: float
) -> Message:
    """Edit a message, or delete it."""
    if content is None:
        connection.execute(
            """UPDATE chat_messages SET author = CASE WHEN withheld THEN author END, sender = '',
            content = '', deleted = 1, edited_at = NULL WHERE room = ? AND seq = ?""",
            (message.room, message.seq),
        )
    else:
        connection.execute(
            "UPDATE chat_messages SET content = ?, edited_at = ? WHERE room = ? AND seq = ?",
            (content, now, message.room, message.seq),
        )
    return find(connection, message.room, message.seq) or erased(message)


def page(
    connection: sqlite3.Connection,
    seat: Seat,
    account: AccountId,
    limit: int,
    *,
    after: int | None,
    before: int | None,
) -> ChatPage:
    """What a member may see of a range."""
    start = max(seat.since, seat.first - 1)
    if after is not None:
        start = max(start, after)
        end = min(seat.last, start + limit)
    else:
        end = seat.last if before is None else min(seat.last, before - 1)
        start = max(start, end - limit)
    query = f"""SELECT {COLUMNS} FROM chat_messages
        WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq"""  # noqa: S608
    found = [to_message(row) for row in connection.execute(query, (seat.room, start, end))]
    shown = tuple(message for message in found if message.shown_to(account))
    return ChatPage(shown, max(start, end), seat)


def prune_age(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Drop messages that are too old, the oldest first."""
    query = """SELECT room, max(seq) FROM
        (SELECT room, seq FROM chat_messages WHERE at < ? ORDER BY at LIMIT ?) GROUP BY room"""
    due = connection.execute(query, (before, limit)).fetchall()
    return sum(prune_to(connection, ChatId(room), seq) for room, seq in due)


def prune_to(connection: sqlite3.Connection, room: ChatId, seq: int) -> int:
    """Drop the messages of a room up to a number; how many."""
    query = "DELETE FROM chat_messages WHERE room = ? AND seq <= ?"
    gone = connection.execute(query, (room, seq)).rowcount
    connection.execute("UPDATE chats SET first = max(first, ?) WHERE room = ?", (seq + 1, room))
    return gone


def written(
    connection: sqlite3.Connection,
    author: AccountId,
    after: tuple[ChatId, int] | None,
    limit: int,
) -> tuple[Message, ...]:
    """What somebody wrote."""
    query = f"""SELECT {COLUMNS} FROM chat_messages WHERE author = ? AND NOT deleted
        AND (room, seq) > (?, ?) ORDER BY room, seq LIMIT ?"""  # noqa: S608
    rows = connection.execute(query, (author, *(after or ("", 0)), limit))
    return tuple(to_message(row) for row in rows)


def erase_written(connection: sqlite3.Connection, author: AccountId) -> None:
    """Empty all messages of an account that goes; they keep their numbers."""
    connection.execute(
        """UPDATE chat_messages SET author = NULL, said_by = NULL, sender = '', content = '',
        deleted = 1, edited_at = NULL WHERE author = ?""",
        (author,),
    )
