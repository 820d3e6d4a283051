"""A store in a Trio loop of its own thread, for tests that are driven step by step from outside
(Hypothesis' state machines are synchronous).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import trio

from matchd.store.ports import Store

_T = TypeVar("_T")


class Portal:
    """Opens a store, runs calls in its loop one by one, and closes it."""

    def __init__(self, opened: AbstractAsyncContextManager[Store]) -> None:
        self._opened = opened
        self._ready: queue.SimpleQueue[Store] = queue.SimpleQueue()
        self._thread = threading.Thread(target=trio.run, args=(self._live,), daemon=True)
        self._thread.start()
        self.store = self._ready.get(timeout=30)

    def run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Run one call in the loop and return what it returns, or raise what it raises."""
        return trio.from_thread.run(call, trio_token=self._token)

    def close(self) -> None:
        """Close the store and wait for its thread."""
        trio.from_thread.run_sync(self._over.set, trio_token=self._token)
        self._thread.join(30)
        assert not self._thread.is_alive()

    async def _live(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._over = trio.Event()
        async with self._opened as store:
            self._ready.put(store)
            await self._over.wait()
