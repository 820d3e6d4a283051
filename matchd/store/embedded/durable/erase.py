"""What an account takes with it when it is deleted: every noun that keeps something of accounts adds a
function here, and all of them run in the step that deletes the account.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from matchd.domain.ids import AccountId
from matchd.store.embedded.durable.chat_messages import erase_written
from matchd.store.embedded.durable.chat_rooms import erase_seats
from matchd.store.embedded.durable.friends import erase_edges
from matchd.store.embedded.durable.played import erase_played
from matchd.store.embedded.durable.reports import erase_reports


def _erase_logins(connection: sqlite3.Connection, gone: AccountId) -> None:
    connection.execute("DELETE FROM logins WHERE account = ?", (gone,))


ERASERS: tuple[Callable[[sqlite3.Connection, AccountId], None], ...] = (
    _erase_logins,
    erase_edges,
    erase_played,
    erase_written,
    erase_seats,
    erase_reports,
)
