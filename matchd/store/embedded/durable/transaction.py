"""Many steps in one transaction, each as if it were alone: what the writer's thread does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from matchd.store.embedded.durable.faults import Fault, from_error, of_storage

Step = Callable[[sqlite3.Connection], Any]
"""One atomic change: it runs on the writer's connection, inside a transaction, and may read too. It may
be run once more after all that it did was taken back.
"""


class Raised(msgspec.Struct, frozen=True):
    """A step failed by itself; nothing of it was kept."""

    error: Exception


def commit(connection: sqlite3.Connection, steps: Sequence[Step]) -> list[Any]:
    """Run the steps and make them durable together; what each returned, `Raised`, or a `Fault`.

    A step that raises takes back what it did itself and hurts no other. When the storage fails, all
    fail: SQLite may have ended the transaction, so none of them is kept.
    """
    committing = False
    try:
        outcomes = _together(connection, steps) or _each(connection, steps)
        committing = True
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _take_back(connection)
        return [from_error(error, committing=committing)] * len(steps)
    except BaseException:
        _take_back(connection)
        raise
    return outcomes


def _together(connection: sqlite3.Connection, steps: Sequence[Step]) -> list[Any] | None:
    """Run the steps, none for itself; None, and nothing is done, when one of them raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        return [step(connection) for step in steps]
    except Exception as error:
        if of_storage(error):
            raise
    connection.execute("ROLLBACK")
    return None


def _each(connection: sqlite3.Connection, steps: Sequence[Step]) -> list[Any]:
    """Run the steps, each so that what it did can be taken back; that costs more."""
    connection.execute("BEGIN IMMEDIATE")
    return [_run(connection, step) for step in steps]


def _run(connection: sqlite3.Connection, step: Step) -> Any:
    connection.execute("SAVEPOINT step")
    try:
        value = step(connection)
    except Exception as error:
        if of_storage(error):
            raise
        connection.execute("ROLLBACK TO step")
        value = Raised(error)
    connection.execute("RELEASE step")
    return value


def _take_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def opened(outcome: Any) -> Any:
    """What a step returned, or what is raised instead."""
    if isinstance(outcome, Fault):
        raise outcome.refusal() from outcome
    if isinstance(outcome, Raised):
        raise outcome.error
    return outcome
