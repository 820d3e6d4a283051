"""Many calls, few round trips: what all calls of the Redis backend go through. Backend-internal.

Theory of operation: callers put a command into a bounded queue and wait. One task (`run`) takes all
that waits, has a worker thread send it as one pipeline, and hands each reply to its caller; while the
thread is away the next batch gathers by itself, so a call that is alone never waits for company.

* Cancellation and deadline end the wait of one caller only. His command is not sent if it still was
  in the queue; else its reply is dropped. A write that was sent may have been done: the store's leases
  and idempotency keys are made for that.
* When the connection fails, calls that were sent are told so; calls in the queue wait for one attempt
  to connect, so a restart between two calls is not noticed. While further attempts (with jittered,
  growing pauses) go on, calls are refused at once.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import TypeAlias

import msgspec
import trio

from matchd.log import get_logger
from matchd.store.calls import Call, end_overdue
from matchd.store.redis.faults import CLOSED, FULL, LATE, NOT_YET, UNSENT, Fault
from matchd.store.redis.link import Command, Connect, Link, Reply
from matchd.store.redis.threads import in_thread

_log = get_logger()

_EFFECT = "requests are answered 503; sockets stay open, and what goes on between them goes on"


class Limits(msgspec.Struct, frozen=True):
    """Bounds of the batcher: calls in the queue, commands in a pipeline, seconds a caller waits, and
    the shortest and longest pause between two attempts to connect.
    """

    queue: int = 4096
    batch: int = 512
    deadline: float = 3.0
    first_pause: float = 0.1
    longest_pause: float = 1.0


Told: TypeAlias = Callable[[Reply], None]
"""Who is told the reply to a command that was posted; sync, and never raises."""


class _Call(Call):
    """A command and its reply; nobody waits for it if it was `posted`, but `told` is called with the
    reply.
    """

    __slots__ = ("command", "posted", "sent", "told")

    def __init__(self, command: Command, due: float) -> None:
        super().__init__(due)
        self.command = command
        self.posted = False
        self.told: Told | None = None
        self.sent = False

    def finish(self, outcome: Reply) -> None:
        """Hand the reply over; nobody may be waiting any more."""
        super().finish(outcome)
        if self.told is not None:
            self.told(outcome)


class Batcher:
    """One connection, shared by all tasks of the process."""

    def __init__(self, connect: Connect, limits: Limits, rng: random.Random | None = None) -> None:
        # Fixed after construction.
        self._connect = connect
        self._limits = limits
        self._rng = rng or random.Random()  # noqa: S311  # spreads reconnects, guards nothing
        self._thread = trio.CapacityLimiter(1)
        # Changed only in sync functions of the loop's thread.
        self._queue: deque[_Call] = deque()
        self._batch: list[_Call] = []
        self._wake = trio.Event()
        self._fault: Fault | None = NOT_YET
        self._complained = False
        self.contacts = 0
        """How often a connection was made (Link.opened)."""

    @property
    def fault(self) -> Fault | None:
        """Why there is no connection, None while there is one."""
        return self._fault

    async def call(
        self, command: Command, *, urgent: bool = False, to_the_end: bool = False
    ) -> Reply:
        """Run a command and return its reply. StoreUnavailable when that can't be done.

        One that is `urgent` goes before all that wait, however many they are: what a node lives by.
        A caller who waits `to_the_end` has the reply even when he is cancelled meanwhile.
        """
        call = self._enter(command, urgent=urgent)
        await call.wait(to_the_end=to_the_end)
        if isinstance(call.outcome, Fault):
            raise call.outcome.refusal() from call.outcome
        reply: Reply = call.outcome
        return reply

    def post(self, command: Command, told: Told | None = None) -> None:
        """Run a command that nobody waits for, after those before it; dropped when the store is away
        or overloaded. `told` is called with the reply, a Fault when it may not have been run.
        """
        call = _Call(command, inf)
        call.posted, call.told = True, told
        if self._fault is None and len(self._queue) < self._limits.queue:
            self._put(call)
        else:
            call.finish(self._fault or FULL)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the connection and serve the queue until cancelled; started after one attempt."""
        link = self._connect()
        try:
            # One task serves the queue, the other ends the wait of those who have waited too long.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(end_overdue, self._waiting, self._limits.deadline, _late)
                await self._open(link)
                task_status.started()
                await self._serve_on(link)
        finally:
            link.close()
            self._fault = CLOSED
            self._refuse_all(CLOSED)

    async def _serve_on(self, link: Link) -> None:
        while True:
            if self._fault is not None:
                await self._reconnect(link)
            await self._wake.wait()
            self._wake = trio.Event()
            while self._queue and self._fault is None:
                await self._serve(link)

    def _waiting(self) -> Iterator[_Call]:
        yield from self._batch
        yield from self._queue

    def _enter(self, command: Command, *, urgent: bool) -> _Call:
        if self._fault is not None:
            raise self._fault.refusal() from self._fault
        call = _Call(command, trio.current_time() + self._limits.deadline)
        if urgent:
            self._queue.appendleft(call)
            self._wake.set()
        elif len(self._queue) >= self._limits.queue:
            raise FULL.refusal() from FULL
        else:
            self._put(call)
        return call

    def _put(self, call: _Call) -> None:
        self._queue.append(call)
        self._wake.set()

    def _take(self) -> list[_Call]:
        batch: list[_Call] = []
        while self._queue and len(batch) < self._limits.batch:
            call = self._queue.popleft()
            if call.wanted:
                call.sent = True
                batch.append(call)
        return batch

    async def _serve(self, link: Link) -> None:
        """Send one batch and hand out what comes back."""
        self._batch = batch = self._take()
        if not batch:
            return
        try:
            commands = [call.command for call in batch]
            replies = await in_thread(self._thread, link.wake, link.send, commands)
        except Fault as fault:
            replies = [Fault(str(fault), away=True, done=True)] * len(batch)
        except BaseException:
            self._hand_out(batch, [CLOSED] * len(batch))
            raise
        self.contacts = link.opened  # our slot in a Cluster may have moved
        self._hand_out(batch, replies)
        away = next((r for r in replies if isinstance(r, Fault) and r.away), None)
        if away is not None:
            await self._lose(link, away)

    def _hand_out(self, batch: Sequence[_Call], replies: Sequence[Reply]) -> None:
        self._batch = []
        for call, reply in zip(batch, replies, strict=True):
            call.finish(reply)
            if call.posted and isinstance(reply, Fault) and not reply.away:
                self._complain(reply)

    def _complain(self, fault: Fault) -> None:
        """A command that nobody waits for was refused: said once, since it will be every time."""
        if not self._complained:
            self._complained = True
            _log.warning("store.refused", reason=str(fault))

    async def _open(self, link: Link) -> None:
        """One attempt to connect."""
        try:
            await in_thread(self._thread, link.wake, link.open)
        except Fault as fault:
            link.close()
            self._set_away(fault)
        else:
            self.contacts = link.opened
            self._set_back()

    async def _lose(self, link: Link, fault: Fault) -> None:
        """The connection failed under a batch: connect anew at once, before anyone is refused."""
        link.close()
        try:
            await in_thread(self._thread, link.wake, link.open)
        except Fault as again:
            link.close()
            self._set_away(again if again.away else fault)
        self.contacts = link.opened

    async def _reconnect(self, link: Link) -> None:
        """Attempt to connect, with growing pauses, until it works."""
        pause = self._limits.first_pause
        while self._fault is not None:
            await trio.sleep(pause * self._rng.uniform(0.5, 1.0))
            pause = min(2 * pause, self._limits.longest_pause)
            await self._open(link)

    def _set_away(self, fault: Fault) -> None:
        if self._fault is None or self._fault is NOT_YET:
            _log.error("store.away", reason=str(fault), effect=_EFFECT, cure="matchd check")
        self._fault = Fault(str(fault), away=True)
        self._refuse_all(self._fault)

    def _set_back(self) -> None:
        if self._fault is not NOT_YET:
            _log.info("store.back", effect="requests are served again")
        self._fault = None

    def _refuse_all(self, fault: Fault) -> None:
        while self._queue:
            self._queue.popleft().finish(Fault(str(fault), away=True))


def _late(call: Call) -> Fault:
    assert isinstance(call, _Call)
    return LATE if call.sent else UNSENT
