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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

import msgspec
import trio

from matchd.log import get_logger
from matchd.store.calls import Call, end_overdue
from matchd.store.embedded.durable.checkpoints import Checkpoints, checkpoint
from matchd.store.embedded.durable.faults import (
    CLOSED,
    CUT_OFF,
    FULL,
    LATE,
    UNSENT,
    Fault,
    from_error,
)
from matchd.store.embedded.durable.schema import (
    open_for_checkpoints,
    open_memory,
    open_reading,
    open_writing,
)
from matchd.store.embedded.durable.transaction import commit, opened

_log = get_logger()
_T = TypeVar("_T")
_Given = TypeVarTuple("_Given")


class DatabaseLimits(msgspec.Struct, frozen=True):
    """Steps in the queue and in one transaction, seconds a caller waits, and seconds that the writer
    waits for another process.
    """

    queue: int = 4096
    batch: int = 512
    deadline: float = 10.0
    busy: float = 1.0


class _Call(Call):
    """A step, and what it returned."""

    __slots__ = ("step", "taken")

    def __init__(self, step: Callable[[sqlite3.Connection], Any], due: float) -> None:
        super().__init__(due)
        self.step = step
        self.taken = False


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
        aside = self._reader if path is None else open_for_checkpoints(path)
        self._checkpoints = Checkpoints(aside)
        self._end = weakref.finalize(self, _close, self._reader, aside, self._writer)
        # Changed only in sync functions of the loop's thread.
        self._queue: deque[_Call] = deque()
        self._group: list[_Call] = []
        self._wake = trio.Event()
        self._is_rest_due = False
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
            self._queue.append(call)
            self._wake.set()
            await call.wait()
        value: _T = opened(call.outcome)
        return value

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled, then close; what was begun is finished."""
        try:
            # One task writes, one ends the wait of those who have waited too long, one tidies up.
            async with trio.open_nursery() as nursery:
                if not self._at_once:
                    patience = self._limits.deadline
                    nursery.start_soon(end_overdue, self._waiting, patience, _late)
                    nursery.start_soon(self._checkpoints.run, self._leave_rest)
                task_status.started()
                await self._write_on()
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

    async def _write_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._queue or self._is_rest_due:
                if self._is_rest_due:
                    self._is_rest_due = False
                    await self._in_thread(checkpoint, self._writer)
                await self._serve()

    def _leave_rest(self) -> None:
        self._is_rest_due = True
        self._wake.set()

    def _waiting(self) -> Iterator[_Call]:
        yield from self._group
        yield from self._queue

    def _enter(self, step: Callable[[sqlite3.Connection], Any]) -> _Call:
        if self._closed:
            raise CLOSED.refusal() from CLOSED
        if len(self._queue) >= self._limits.queue:
            raise FULL.refusal() from FULL
        return _Call(step, trio.current_time() + self._limits.deadline)

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
        self._group = group = self._take()
        if not group:
            return
        steps = [call.step for call in group]
        outcomes: list[Any] = [CUT_OFF] * len(group)
        try:
            outcomes = await self._in_thread(commit, self._writer, steps)
        finally:
            for call, outcome in zip(group, outcomes, strict=True):
                call.finish(outcome)
            self._group = []
        self._checkpoints.committed()
        self._judge(outcomes[0])

    async def _in_thread(self, do: Callable[[*_Given], _T], *given: *_Given) -> _T:
        return await trio.to_thread.run_sync(do, *given, limiter=self._thread)

    def _judge(self, outcome: Any) -> None:
        """Say once when writing begins to fail, and once when it works again."""
        fault = outcome if isinstance(outcome, Fault) else None
        if fault is not None and self._fault is None:
            _log.error("database.failing", reason=str(fault))
        elif fault is None and self._fault is not None:
            _log.info("database.writing")
        self._fault = fault


def _late(call: Call) -> Fault:
    assert isinstance(call, _Call)
    return LATE if call.taken else UNSENT


def _close(*connections: sqlite3.Connection) -> None:
    for connection in connections:
        connection.close()
