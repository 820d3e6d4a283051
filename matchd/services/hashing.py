"""The lane in which passwords are hashed: processes of their own, and a bounded queue before them.

Theory of operation. Tasks wait in a queue of `QUEUE`; one more is refused with 429, and so is a caller
who has waited for `PATIENCE`, so a flood of logins slows logins and nothing else. So many servers as
the lane is wide each take one task after the other to a process of their own (matchd/hasher.py), which
is started for the first one and kept. A process that is lost, or answers nothing for `LONGEST`, is
replaced and asked once more, since a hash changes nothing. If that is in vain, the caller hears that
passwords can't be checked, and the next one tries again.

Cancelled, a caller leaves the queue; what a process does already is done and dropped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import msgspec
import trio

from matchd import hasher
from matchd.errors import RateLimited, Unavailable
from matchd.hasher import Done, Task
from matchd.log import get_logger

_log = get_logger()

QUEUE = 64
"""Callers that wait for the lane at most: a second and a half of work for one core."""

PATIENCE = 10.0
"""Seconds that a caller waits at most."""

LONGEST = 30.0
"""Seconds that a process may take for one task, on a machine that has no time for it."""

CLEAN_UP = 2.0
"""Seconds that the end of a process may take, which is killed."""

COMMAND = (sys.executable, "-P", hasher.__file__)
"""By its file, and without what lies where it is started: that may be anybody's."""

_TRIES = 2
_MOST = 4096
"""Bytes of an answer, which is far shorter."""


class Lane(Protocol):
    """Who hashes."""

    async def do(self, task: Task) -> Done:
        """Do a task. RateLimited when there are too many, Unavailable when it can't be done."""

    async def run(self) -> None:
        """Do what there is to do behind the callers, until cancelled."""


def usual_width() -> int:
    """How many processes hash at most: a core is left for everything else, if there are several."""
    return min(4, max(1, len(os.sched_getaffinity(0)) - 1))


class LostError(Exception):
    """A process is not there, or not of use, any more; `str()` says why."""


class _Call:
    """A task, and what came of it once `over` is set."""

    __slots__ = ("done", "over", "task")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.over = trio.Event()
        self.done: Done | None = None


class HashingLane:
    """The queue and its processes. `run` has to be running."""

    def __init__(self, width: int, *, queue: int = QUEUE, command: Sequence[str] = COMMAND) -> None:
        # Fixed after construction.
        self._width = width
        self._most = queue
        self._command = command
        # Changed only in sync functions.
        self._queue: deque[_Call] = deque()
        self._idle: list[trio.Event] = []  # the last one has a process that runs, if any has
        self._failing = False

    async def do(self, task: Task) -> Done:
        """Do a task as soon as those before it are done."""
        if len(self._queue) >= self._most:
            raise _crowded()
        call = _Call(task)
        self._queue.append(call)
        if self._idle:
            self._idle.pop().set()
        try:
            with trio.move_on_after(PATIENCE):
                await call.over.wait()
        finally:
            if call in self._queue:
                self._queue.remove(call)
        if not call.over.is_set():
            raise _crowded()
        if call.done is None:
            raise Unavailable("Passwords can't be checked now.", retry_after=5)
        return call.done

    async def run(self) -> None:
        """Serve the queue until cancelled, then end the processes."""
        # One task for each process: it alone speaks with it.
        async with trio.open_nursery() as nursery:
            for _ in range(self._width):
                nursery.start_soon(self._serve)

    async def _serve(self) -> None:
        process = _Process(self._command)
        try:
            while True:
                while self._queue:
                    call = self._queue.popleft()
                    call.done = await self._done(process, call.task)
                    call.over.set()
                bell = trio.Event()
                self._idle.append(bell)
                await bell.wait()
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                await process.end()

    async def _done(self, process: _Process, task: Task) -> Done | None:
        """What came of a task; None when there is no process that does it."""
        for _ in range(_TRIES):
            try:
                with trio.fail_after(LONGEST):
                    done = await process.do(task)
            except (LostError, OSError, trio.TooSlowError) as error:
                await process.end()
                reason = str(error) or "it takes too long"
            else:
                self._failing = False
                return done
        if not self._failing:
            self._failing = True
            _log.error("passwords.failing", reason=reason, effect="nobody can log in by password")
        return None


class _Process:
    """A process that hashes, started when it is needed."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._child: trio.Process | None = None

    async def do(self, task: Task) -> Done:
        """Have it do a task. LostError, or OSError when it can't be started."""
        if self._child is None:
            self._child = await trio.lowlevel.open_process(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        child = self._child
        assert child.stdin is not None
        try:
            await child.stdin.send_all(msgspec.json.encode(task) + b"\n")
            return msgspec.json.decode(await self._line(child), type=Done)
        except trio.BrokenResourceError:
            raise LostError("it has ended") from None
        except msgspec.MsgspecError:
            raise LostError("it says what is no answer") from None

    async def end(self) -> None:
        """End it, if it runs."""
        child = self._child
        if child is None:
            return
        child.kill()
        await child.wait()
        self._child = None
        for stream in (child.stdin, child.stdout):
            assert stream is not None
            await stream.aclose()

    async def _line(self, child: trio.Process) -> bytes:
        assert child.stdout is not None
        line = b""
        while not line.endswith(b"\n"):
            more = await child.stdout.receive_some(_MOST)
            line += more
            if not more or len(line) > _MOST:
                raise LostError("it has ended")
        return line


def _crowded() -> RateLimited:
    return RateLimited("Too many logins at once; try again in 2 s.", retry_after=2)
