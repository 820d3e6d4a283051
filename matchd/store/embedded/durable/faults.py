"""What can be wrong with the database, as sentences for the log, `/readyz` and callers.

A sentence never holds what is stored. Whether a step was done is part of the fault, because callers
are told that nothing was changed only where that is known.
"""

from __future__ import annotations

import sqlite3

from matchd.errors import ConfigError, StoreUnavailable

RETRY_AFTER = 5
"""Seconds a caller is told to wait: a full disk is seldom emptied sooner."""

_PRIMARY = 0xFF
"""The part of an extended error code that is its primary one."""

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk of the database is full",
    sqlite3.SQLITE_BUSY: "The database is locked by another process",
    sqlite3.SQLITE_LOCKED: "The database is locked by another process",
    sqlite3.SQLITE_IOERR: "The database can't be read or written",
    sqlite3.SQLITE_READONLY: "The database may not be written",
    sqlite3.SQLITE_CANTOPEN: "The database can't be opened",
    sqlite3.SQLITE_PERM: "The database can't be opened",
    sqlite3.SQLITE_CORRUPT: "The database is damaged",
    sqlite3.SQLITE_NOTADB: "The database is damaged",
    sqlite3.SQLITE_NOMEM: "There is no memory left for the database",
    sqlite3.SQLITE_PROTOCOL: "The database is locked by another process",
}
"""By primary error code; whatever has one is about the storage and never about one step."""


class DamagedError(ConfigError):
    """What is in a file is no whole database; everything that is kept of people was in it."""


class Fault(Exception):
    """The database could not do what was asked; `str()` is the sentence. `done`: whether it may be in
    the file all the same.
    """

    def __init__(self, sentence: str, *, done: bool = False) -> None:
        super().__init__(sentence)
        self.done = done

    def refusal(self) -> StoreUnavailable:
        """The fault as callers of the store are told it."""
        what = "whether it was done is not known" if self.done else "nothing was changed"
        return StoreUnavailable(f"{self}; {what}.", retry_after=RETRY_AFTER)


FULL = Fault("Too many calls wait for the database")
LATE = Fault("The database did not answer in time", done=True)
UNSENT = Fault("The database did not answer in time")
CLOSED = Fault("The database is closed")
CUT_OFF = Fault("The database was closed meanwhile", done=True)


def of_damage(error: sqlite3.Error) -> bool:
    """Whether what is in the file is at fault, not the way to it."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def of_storage(error: BaseException) -> bool:
    """Whether the storage failed, so that everything else in the transaction is lost with it."""
    return isinstance(error, sqlite3.Error) and _code(error) in _SENTENCES


def from_error(error: sqlite3.Error, *, committing: bool = False) -> Fault:
    """The fault an error stands for. A commit that the disk failed may be in the file all the same."""
    code, name = _code(error), getattr(error, "sqlite_errorname", None) or type(error).__name__
    known = _SENTENCES.get(code)
    sentence = f"The database failed ({name})" if known is None else f"{known} ({name})"
    return Fault(sentence, done=committing and code == sqlite3.SQLITE_IOERR)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY
