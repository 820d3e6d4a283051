"""Rooms and their members in the database: steps that make, fill and empty them (domain/chat.py)."""

from __future__ import annotations

import sqlite3

from matchd.domain.chat import MOST_MEMBERS, MOST_ROOMS, Message, Seat, Verdict, pair_of
from matchd.domain.ids import AccountId, ChatId
from matchd.store.embedded.durable.chat_messages import append, seat_of, to_seat
from matchd.store.ports import ChatDraft

Moved = tuple[tuple[AccountId, ...], Message | None]
"""Who came or went, and the server's word on that."""


def create(
    connection: sqlite3.Connection,
    notice: ChatDraft,
    creator: AccountId,
    others: tuple[AccountId, ...],
    now: float,
) -> Moved | Verdict:
    """Make a room."""
    everyone = tuple(dict.fromkeys((creator, *others)))
    verdict = _refused(connection, notice.room, everyone)
    if verdict is not None:
        return verdict
    _open(connection, notice.room, creator)
    for account in everyone:
        sit(connection, notice.room, account)
    return everyone, append(connection, notice, now)


def add(
    connection: sqlite3.Connection, notice: ChatDraft, by: AccountId, account: AccountId, now: float
) -> Moved | Verdict:
    """Take somebody in."""
    mine = seat_of(connection, notice.room, by)
    if isinstance(mine, Verdict):
        return mine
    if not _exists(connection, account):
        return Verdict.UNKNOWN_PLAYER
    if isinstance(seat_of(connection, notice.room, account), Seat):
        return Verdict.ALREADY
    query = "SELECT count(*) FROM chat_members WHERE room = ?"
    if connection.execute(query, (notice.room,)).fetchone()[0] >= MOST_MEMBERS:
        return Verdict.FULL
    if _is_busy(connection, account):
        return Verdict.TOO_MANY
    sit(connection, notice.room, account)
    return (account,), append(connection, notice, now)


def leave(
    connection: sqlite3.Connection,
    notice: ChatDraft,
    account: AccountId,
    now: float,
    by: AccountId | None,
) -> Moved | Verdict:
    """Put somebody out."""
    mine = seat_of(connection, notice.room, by or account)
    if isinstance(mine, Verdict):
        return mine
    if by is not None and not mine.creator:
        return Verdict.NOT_CREATOR
    if by is not None and isinstance(seat_of(connection, notice.room, account), Verdict):
        return Verdict.UNKNOWN_PLAYER
    stays = rise(connection, notice.room, account)
    heard = stays and pair_of(notice.room) is None
    return (account,), append(connection, notice, now) if heard else None


def mute(
    connection: sqlite3.Connection, room: ChatId, account: AccountId, by: AccountId, muted: bool
) -> Verdict | None:
    """Have a member say nothing."""
    mine = seat_of(connection, room, by)
    if isinstance(mine, Verdict):
        return mine
    if not mine.creator:
        return Verdict.NOT_CREATOR
    step = "UPDATE chat_members SET muted = ? WHERE room = ? AND account = ?"
    done = connection.execute(step, (muted, room, account))
    return None if done.rowcount else Verdict.UNKNOWN_PLAYER


def open_direct(
    connection: sqlite3.Connection, room: ChatId, accounts: tuple[AccountId, ...]
) -> tuple[AccountId, ...] | Verdict:
    """See to it that these are in a direct message; who was not."""
    if not all(_exists(connection, account) for account in accounts):
        return Verdict.UNKNOWN_PLAYER
    query = "SELECT 1 FROM chats WHERE room = ?"
    if connection.execute(query, (room,)).fetchone() is None:
        _open(connection, room, None)
    missing = tuple(
        account for account in accounts if isinstance(seat_of(connection, room, account), Verdict)
    )
    for account in missing:
        sit(connection, room, account)
    return missing


def sit(connection: sqlite3.Connection, room: ChatId, account: AccountId) -> None:
    """Add a member, for whom the room begins with the next message."""
    step = "UPDATE chats SET places = places + 1 WHERE room = ? RETURNING places, last"
    place, last = connection.execute(step, (room,)).fetchone()
    connection.execute(
        "INSERT INTO chat_members VALUES (?, ?, ?, ?, ?, 0)", (room, account, place, last, last)
    )


def rise(connection: sqlite3.Connection, room: ChatId, account: AccountId) -> bool:
    """Take a member out; False when the room went with him."""
    connection.execute("DELETE FROM chat_members WHERE room = ? AND account = ?", (room, account))
    query = "SELECT account FROM chat_members WHERE room = ? ORDER BY place LIMIT 1"
    eldest = connection.execute(query, (room,)).fetchone()
    if eldest is None:
        connection.execute("DELETE FROM chat_messages WHERE room = ?", (room,))
        connection.execute("DELETE FROM chats WHERE room = ?", (room,))
        return False
    step = "UPDATE chats SET creator = ? WHERE room = ? AND creator = ?"
    connection.execute(step, (eldest[0], room, account))
    return True


def seats_of(connection: sqlite3.Connection, account: AccountId) -> tuple[Seat, ...]:
    """The rooms somebody is in."""
    query = """SELECT chats.room, member.since, member.cursor, chats.first, chats.last,
        member.muted, chats.creator FROM chat_members AS member JOIN chats USING (room)
        WHERE member.account = ? ORDER BY chats.room"""
    rows = connection.execute(query, (account,))
    return tuple(to_seat(ChatId(row[0]), account, row[1:]) for row in rows)


def ack(connection: sqlite3.Connection, account: AccountId, room: ChatId, seq: int) -> int | None:
    """Move a cursor; where it stands, None when there is none."""
    step = """UPDATE chat_members SET cursor = max(cursor, ?) WHERE room = ? AND account = ?
        AND ? <= (SELECT last FROM chats WHERE chats.room = chat_members.room)"""
    connection.execute(step, (seq, room, account, seq))
    query = "SELECT cursor FROM chat_members WHERE room = ? AND account = ?"
    row = connection.execute(query, (room, account)).fetchone()
    return None if row is None else int(row[0])


def erase_seats(connection: sqlite3.Connection, gone: AccountId) -> None:
    """Take an account out of all its rooms."""
    for seat in seats_of(connection, gone):
        rise(connection, seat.room, gone)


def _open(connection: sqlite3.Connection, room: ChatId, creator: AccountId | None) -> None:
    connection.execute("INSERT INTO chats VALUES (?, ?, 0, 1, 0)", (room, creator))


def _refused(
    connection: sqlite3.Connection, room: ChatId, everyone: tuple[AccountId, ...]
) -> Verdict | None:
    query = "SELECT 1 FROM chats WHERE room = ?"
    if connection.execute(query, (room,)).fetchone() is not None:
        return Verdict.TAKEN
    if not all(_exists(connection, account) for account in everyone):
        return Verdict.UNKNOWN_PLAYER
    if len(everyone) > MOST_MEMBERS:
        return Verdict.FULL
    busy = any(_is_busy(connection, account) for account in everyone)
    return Verdict.TOO_MANY if busy else None


def _exists(connection: sqlite3.Connection, account: AccountId) -> bool:
    query = "SELECT 1 FROM accounts WHERE id = ?"
    return connection.execute(query, (account,)).fetchone() is not None


def _is_busy(connection: sqlite3.Connection, account: AccountId) -> bool:
    query = "SELECT count(*) FROM chat_members WHERE account = ?"
    return int(connection.execute(query, (account,)).fetchone()[0]) >= MOST_ROOMS
