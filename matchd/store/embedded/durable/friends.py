"""Friendships in the database: two rows for each tie, one as each of the two looks at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial

import trio

from matchd.domain.accounts import Kind, comes_back
from matchd.domain.friends import MOST, Edge, Standing, Tie, Verb, blocks, change
from matchd.domain.ids import AccountId
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.rows import chunks, marks, to_friend
from matchd.store.ports import (
    Blocking,
    Changed,
    Friend,
    Oneself,
    Shift,
    TooManyEdges,
    UnknownAccount,
)

_BEHIND = ("", "")
"""Before every standing and id."""

_OTHERS = """SELECT theirs.me FROM edges AS mine
    JOIN edges AS theirs ON theirs.me = mine.other AND theirs.other = mine.me
    WHERE mine.me = :gone"""

_ERASE = (
    f"""UPDATE tallies SET held = held - 1 WHERE account IN
    ({_OTHERS} AND theirs.edge <> 'nothing' AND theirs.edge IS NOT :kept)""",  # noqa: S608
    f"""UPDATE tallies SET waiting = waiting - 1 WHERE account IN
    ({_OTHERS} AND theirs.standing = 'incoming')""",  # noqa: S608
    f"""DELETE FROM edges WHERE other = :gone AND edge IS NOT :kept
    AND me IN ({_OTHERS})""",  # noqa: S608
    """DELETE FROM edges WHERE me = :gone AND NOT EXISTS
    (SELECT 1 FROM edges AS theirs WHERE theirs.me = edges.other AND theirs.other = :gone)""",
    "UPDATE edges SET edge = 'nothing', standing = 'none' WHERE me = :gone",
    "DELETE FROM tallies WHERE account = :gone",
)
"""What takes the ties of an account out; `kept` is the edge that others keep to it, or nothing."""


class EmbeddedFriends:
    """The port of friends over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(
        self, me: AccountId, other: AccountId, verb: Verb, now: float
    ) -> Changed | Oneself | Blocking | TooManyEdges | UnknownAccount:
        """Ask or accept, delete, block, unblock."""
        if me == other:
            return Oneself()
        return await self._database.write(partial(_change, me, other, verb, now))

    async def standing(self, me: AccountId, other: AccountId) -> Standing:
        """How the two stand."""
        return self._database.read(partial(_tie, me, other)).standing

    async def page(
        self, me: AccountId, standing: Standing | None, after: Friend | None, limit: int
    ) -> tuple[Friend, ...]:
        """Lines of one's list."""
        return self._database.read(partial(_page, me, standing, after, limit))

    async def blocked(self, me: AccountId, others: Iterable[AccountId]) -> frozenset[AccountId]:
        """Those who are kept apart from one; others are served between two groups of them."""
        apart: set[AccountId] = set()
        for number, chunk in enumerate(chunks(others)):
            if number:
                await trio.lowlevel.checkpoint()
            apart |= self._database.read(partial(blocked_in, me, chunk))
        return frozenset(apart)


def lines_of(connection: sqlite3.Connection, me: AccountId) -> tuple[Friend, ...]:
    """The whole list of one account."""
    return _page(me, None, None, -1, connection)


def are_apart(connection: sqlite3.Connection, me: AccountId, other: AccountId) -> bool:
    """Whether one of two blocks the other, in a step or outside."""
    return blocks(_tie(me, other, connection))


def erase_edges(connection: sqlite3.Connection, gone: AccountId) -> None:
    """Take out every tie of an account but the blocks that others hold, if it may come back.

    In sets, since there may be very many.
    """
    names = {"gone": gone, "kept": "blocks" if comes_back(gone) else None}
    for statement in _ERASE:
        connection.execute(statement, names)


def _change(
    me: AccountId, other: AccountId, verb: Verb, now: float, connection: sqlite3.Connection
) -> Changed | Blocking | TooManyEdges | UnknownAccount:
    tie = _tie(me, other, connection)
    if not _exists(connection, me) or (tie.empty and not _reachable(connection, other)):
        return UnknownAccount()
    after = change(tie, verb)
    if after is None:
        return Blocking()
    if after != tie:
        if (refusal := _too_many(connection, (me, other), tie, after)) is not None:
            return refusal
        _write(connection, (me, other), (tie, after), now)
    theirs = Shift(tie.turned.standing, after.turned.standing)
    return Changed(Shift(tie.standing, after.standing), theirs)


def _exists(connection: sqlite3.Connection, account_id: AccountId) -> bool:
    query = "SELECT 1 FROM accounts WHERE id = ?"
    return connection.execute(query, (account_id,)).fetchone() is not None


def _reachable(connection: sqlite3.Connection, other: AccountId) -> bool:
    """Whether one may have a tie to him: a key may be named before its owner was ever here."""
    return Kind.of(other) is Kind.KEY or _exists(connection, other)


def _too_many(
    connection: sqlite3.Connection, pair: tuple[AccountId, AccountId], tie: Tie, after: Tie
) -> TooManyEdges | None:
    me, other = pair
    if _holds(after) > _holds(tie) and _tally(connection, me)[0] >= MOST:
        return TooManyEdges(theirs=False)
    waits = _waits(after.turned) > _waits(tie.turned)
    if waits and _tally(connection, other)[1] >= MOST:
        return TooManyEdges(theirs=True)
    return None


def _holds(tie: Tie) -> int:
    return int(tie.mine is not Edge.NOTHING)


def _waits(tie: Tie) -> int:
    return int(tie.standing is Standing.INCOMING)


def _tally(connection: sqlite3.Connection, account_id: AccountId) -> tuple[int, int]:
    query = "SELECT held, waiting FROM tallies WHERE account = ?"
    found: tuple[int, int] | None = connection.execute(query, (account_id,)).fetchone()
    return found or (0, 0)


def _tie(me: AccountId, other: AccountId, connection: sqlite3.Connection) -> Tie:
    query = "SELECT edge FROM edges WHERE me = ? AND other = ?"
    mine = connection.execute(query, (me, other)).fetchone()
    if mine is None:
        return Tie()
    return Tie(Edge(mine[0]), Edge(connection.execute(query, (other, me)).fetchone()[0]))


def _write(
    connection: sqlite3.Connection,
    pair: tuple[AccountId, AccountId],
    ties: tuple[Tie, Tie],
    now: float,
) -> None:
    """Put both sides of a tie in the place of what they were."""
    tie, after = ties
    _write_side(connection, pair, (tie, after), now)
    _write_side(connection, (pair[1], pair[0]), (tie.turned, after.turned), now)


def _write_side(
    connection: sqlite3.Connection,
    pair: tuple[AccountId, AccountId],
    ties: tuple[Tie, Tie],
    now: float,
) -> None:
    tie, after = ties
    held, waiting = _holds(after) - _holds(tie), _waits(after) - _waits(tie)
    if held or waiting:
        connection.execute(
            """INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE
            SET held = held + excluded.held, waiting = waiting + excluded.waiting""",
            (pair[0], held, waiting),
        )
    if after.empty:
        connection.execute("DELETE FROM edges WHERE me = ? AND other = ?", pair)
    elif tie.empty:
        columns = (*pair, after.mine.value, after.standing.value, now)
        connection.execute("INSERT INTO edges VALUES (?, ?, ?, ?, ?)", columns)
    else:
        since = (None,) if after.standing is tie.standing else (now,)
        connection.execute(
            """UPDATE edges SET edge = ?, standing = ?, since = coalesce(?, since)
            WHERE me = ? AND other = ?""",
            (after.mine.value, after.standing.value, *since, *pair),
        )


def _page(
    me: AccountId,
    standing: Standing | None,
    after: Friend | None,
    limit: int,
    connection: sqlite3.Connection,
) -> tuple[Friend, ...]:
    behind = _BEHIND if after is None else (after.standing.value, after.other)
    query = """SELECT other, standing, since FROM edges
        WHERE me = ? AND standing <> 'none' AND standing = coalesce(?, standing)
        AND (standing, other) > (?, ?) ORDER BY standing, other LIMIT ?"""
    only = None if standing is None else standing.value
    if only is not None:
        behind = (only, "") if after is None else behind
    rows = connection.execute(query, (me, only, *behind, limit))
    return tuple(to_friend(row) for row in rows)


def blocked_in(
    me: AccountId, others: tuple[AccountId, ...], connection: sqlite3.Connection
) -> set[AccountId]:
    """Those of the others who are kept apart from one."""
    names = marks(others)
    query = f"""SELECT mine.other, mine.edge, theirs.edge FROM edges AS mine
        JOIN edges AS theirs ON theirs.me = mine.other AND theirs.other = mine.me
        WHERE mine.me = ? AND mine.other IN ({names})"""  # noqa: S608
    rows = connection.execute(query, (me, *others))
    return {AccountId(row[0]) for row in rows if blocks(Tie(Edge(row[1]), Edge(row[2])))}
