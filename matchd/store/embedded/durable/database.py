"""The connections to the database: one that writes, in a thread, and one that reads, on the loop.

Theory of operation: callers put a step into a bounded queue and wait. One task (`run`) takes all that
waits, has a worker thread do it in one transaction, and hands each caller what his step returned once
the commit is on the disk; while the thread is away the next group gathers by itself. So many callers
share one fsync, and one that is alone waits for nobody. Reads by an index take microseconds, less than
a thread costs, so they are done where they are asked for, on a connection that can't write.

* Cancellation and deadline end the wait of one caller only. His step is not done if it still was in the
  queue; else it is done with the others.
* In memory (`path` None) there is nothing to wait for: one connection, and each step is done at once.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import trio

from matchd.log import get_logger
from matchd.store.embedded.durable.faults import (
    CLOSED,
    CUT_OFF,
    FULL,
    LATE,
    UNSENT,
    Fault,
    from_error,
)
from matchd.store.embedded.durable.schema import open_memory, open_reading, open_writing
from matchd.store.embedded.durable.transaction import commit, opened

_log = get_logger()
_T = TypeVar("_T")


class DatabaseLimits(msgspec.Struct, frozen=True):
    """Steps in the queue and in one transaction, seconds a caller waits, and seconds that the writer
    waits for another process.
    """

    queue: int = 4096
    batch: int = 512
    deadline: float = 10.0
    busy: float = 1.0


class _Call:
    """A step, and what it returned once `over` is set."""

    __slots__ = ("outcome", "over", "step", "taken", "wanted")

    def __init__(self, step: Callable[[sqlite3.Connection], Any]) -> None:
        self.step = step
        self.over = trio.Event()
        self.outcome: Any = None
        self.taken = False
        self.wanted = True

    def finish(self, outcome: Any) -> None:
        """Hand the outcome over; nobody may be waiting any more."""
        self.outcome = outcome
        self.over.set()


class Database:
    """One database. Made, it is open, whole and of our schema; ConfigError when that can't be."""

    def __init__(self, path: Path | None, limits: DatabaseLimits | None = None) -> None:
        # Fixed after construction.
        self._limits = limits or DatabaseLimits()
        self._thread = trio.CapacityLimiter(1)
        if path is None:
            self._writer = self._reader = open_memory()
        else:
            self._writer = open_writing(path, self._limits.busy)
            self._reader = open_reading(path, self._limits.busy)
            self._reader.execute("PRAGMA busy_timeout = 0")  # the loop waits for nobody
        self._at_once = path is None
        self._end = weakref.finalize(self, _close, self._reader, self._writer)
        # Changed only in sync functions of the loop's thread.
        self._queue: deque[_Call] = deque()
        self._wake = trio.Event()
        self._closed = False
        self._fault: Fault | None = None

    @property
    def fault(self) -> Fault | None:
        """Why the last write failed, None when it did not."""
        return self._fault

    def read(self, look: Callable[[sqlite3.Connection], _T]) -> _T:
        """Look something up by an index, now. StoreUnavailable when the file can't be read."""
        if self._closed:
            raise CLOSED.refusal() from CLOSED
        try:
            return look(self._reader)
        except sqlite3.OperationalError as error:
            fault = from_error(error)
            raise fault.refusal() from fault

    async def write(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do a step; when this returns, it is durable. StoreUnavailable when that can't be done.

        The step runs in another thread: it may hold nothing that changes.
        """
        call = self._enter(step)
        if self._at_once:
            call.outcome = commit(self._writer, [step])[0]
        else:
            await self._wait(call)
        value: _T = opened(call.outcome)
        return value

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled, then close; what was begun is finished."""
        try:
            task_status.started()
            while True:
                await self._wake.wait()
                self._wake = trio.Event()
                while self._queue:
                    await self._serve()
        finally:
            self.close()

    def close(self) -> None:
        """End: who still waits is refused. For a database that nobody runs (any more)."""
        if self._closed:
            return
        self._closed = True
        while self._queue:
            self._queue.popleft().finish(CLOSED)
        self._end()

    def _enter(self, step: Callable[[sqlite3.Connection], Any]) -> _Call:
        if self._closed:
            raise CLOSED.refusal() from CLOSED
        if len(self._queue) >= self._limits.queue:
            raise FULL.refusal() from FULL
        return _Call(step)

    async def _wait(self, call: _Call) -> None:
        self._queue.append(call)
        self._wake.set()
        try:
            with trio.move_on_after(self._limits.deadline):
                await call.over.wait()
        finally:
            call.wanted = False
        if not call.over.is_set():
            call.outcome = LATE if call.taken else UNSENT

    def _take(self) -> list[_Call]:
        group: list[_Call] = []
        while self._queue and len(group) < self._limits.batch:
            call = self._queue.popleft()
            if call.wanted:
                call.taken = True
                group.append(call)
        return group

    async def _serve(self) -> None:
        """Do one group of steps and hand out what they returned."""
        group = self._take()
        if not group:
            return
        steps = [call.step for call in group]
        outcomes: list[Any] = [CUT_OFF] * len(group)
        try:
            outcomes = await trio.to_thread.run_sync(
                commit, self._writer, steps, limiter=self._thread
            )
        finally:
            for call, outcome in zip(group, outcomes, strict=True):
                call.finish(outcome)
        self._judge(outcomes[0])

    def _judge(self, outcome: Any) -> None:
        """Say once when writing begins to fail, and once when it works again."""
        fault = outcome if isinstance(outcome, Fault) else None
        if fault is not None and self._fault is None:
            _log.error("database.failing", reason=str(fault))
        elif fault is None and self._fault is not None:
            _log.info("database.writing")
        self._fault = fault


def _close(*connections: sqlite3.Connection) -> None:
    for connection in connections:
        connection.close()
