"""Events on their way: from whoever publishes them to the store, and on to every node's sockets.

`publish` is sync and never waits, so no request does. One task writes what has
gathered as one batch, in order, and then posts it to the nodes that the store names; what is lost
on that way the receiving node finds out by itself and reads (services/events.py). While the store
is away events wait, `QUEUE` of them at most; further ones are dropped, counted and logged once. A
batch whose answer was lost is sent again under its number, so nothing is written twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice

import trio

from matchd.domain.events import BYTES
from matchd.domain.ids import NodeId
from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.protocol.events import text_of
from matchd.protocol.news import Told
from matchd.services.core import Core
from matchd.store.ports import Draft, Written

_log = get_logger()

QUEUE = 10_000
"""Events that wait at most."""

LOGS = 200
"""Logs that one batch, and one event, is written into at most: more accounts get it as several."""

RETRY = 1.0
"""Seconds until the store is tried again."""


class Publisher:
    """The events of this node."""

    def __init__(self, core: Core) -> None:
        # Fixed after construction.
        self._core = core
        # Changed only in sync functions.
        self._queue: deque[Draft] = deque()
        self._wake = trio.Event()
        self._idle = trio.Event()
        self._idle.set()
        self._number = 0
        self._complained = False

    def publish(self, accounts: Iterable[str], kind: str, body: Mapping[str, object]) -> None:
        """Tell accounts something; each gets it on all of its event sockets, also on one that comes
        back within five minutes. `body` has no `id` and no `type`.
        """
        text, rest = text_of(kind, body), iter(dict.fromkeys(accounts))
        while chunk := tuple(islice(rest, LOGS)):
            self._put(Draft(chunk, text))

    async def written(self) -> None:
        """Return when nothing waits to be written any more."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write and post until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._queue:
                drafts = self._take()
                self._number += 1
                self._post(await self._write(self._core.hub.node, drafts), drafts)
            self._idle.set()
            self._complained = False

    def _put(self, draft: Draft) -> None:
        if len(draft.text.encode()) > BYTES:
            raise ValueError("an event is larger than a log")
        if len(self._queue) >= QUEUE:
            self._core.metrics.dropped.labels("events_full").inc()
            if not self._complained:
                self._complained = True
                _log.warning("events.full", effect="players are not told what happens meanwhile")
            return
        self._queue.append(draft)
        self._idle = self._idle if not self._idle.is_set() else trio.Event()
        self._wake.set()

    def _take(self) -> tuple[Draft, ...]:
        drafts, logs = [self._queue.popleft()], 0
        logs = len(drafts[0].logs)
        while self._queue and logs + len(self._queue[0].logs) <= LOGS:
            drafts.append(self._queue.popleft())
            logs += len(drafts[-1].logs)
        return tuple(drafts)

    async def _write(self, node: NodeId, drafts: tuple[Draft, ...]) -> tuple[Written, ...]:
        while True:
            now = self._core.clock.now()
            try:
                return await self._core.store.events.append(node, self._number, drafts, now)
            except StoreUnavailable:
                await trio.sleep(RETRY)

    def _post(self, written: tuple[Written, ...], drafts: tuple[Draft, ...]) -> None:
        for draft, event in zip(drafts, written, strict=True):
            for node, logs in event.nodes.items():
                self._core.hub.post_node(node, Told(event.id, logs, draft.text))
