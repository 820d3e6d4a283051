"""Calls in threads: what they return, and that a cancelled one leaves nobody behind."""

from __future__ import annotations

import threading

import pytest
import trio

from matchd.store.redis.threads import in_thread


async def test_what_it_returns_and_raises() -> None:
    """The function's result, or its error, while nobody is woken."""
    only, woken = trio.CapacityLimiter(1), threading.Event()
    assert await in_thread(only, woken.set, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(only, woken.set, divmod, 7, 0)
    assert not woken.is_set()


async def test_a_cancelled_call_ends_with_its_thread() -> None:
    """Who is cancelled wakes the thread and returns after it is over."""
    only, woken, begun, over = trio.CapacityLimiter(1), threading.Event(), trio.Event(), []

    def wait() -> None:
        trio.from_thread.run_sync(begun.set)
        woken.wait(10)
        over.append(True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(in_thread, only, woken.set, wait)
        await begun.wait()
        nursery.cancel_scope.cancel()
    assert over == [True]
    assert not only.borrowed_tokens


async def test_cancelled_before_it_began() -> None:
    """A call that is cancelled before its thread starts waits for none."""
    only, ran = trio.CapacityLimiter(1), threading.Event()
    with trio.CancelScope() as scope:
        scope.cancel()
        await in_thread(only, ran.set, ran.set)
    assert scope.cancelled_caught
    assert not only.borrowed_tokens
