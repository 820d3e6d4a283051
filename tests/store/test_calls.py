"""Calls of both backends: how they wait, end, and are given up."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.store.calls import Call, end_overdue

PATIENCE = 10.0


async def test_the_first_outcome_counts() -> None:
    """Whoever waits is told the first one; whatever comes after that is dropped."""
    call = Call()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(call.wait)
        await trio.testing.wait_all_tasks_blocked()
        assert call.wanted
        call.finish("late")
        call.finish("done")
    assert (call.outcome, call.over, call.wanted) == ("late", True, False)
    await call.wait()


async def test_a_caller_gives_up() -> None:
    """Cancelled, his call is not wanted any more, and its outcome hurts nobody."""
    call = Call()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(call.wait)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert not call.wanted
    call.finish("done")
    assert call.over


async def test_to_the_end() -> None:
    """Who waits to the end is told the outcome although he is cancelled."""
    call, told = Call(), []

    async def ask() -> None:
        await call.wait(to_the_end=True)
        told.append(call.outcome)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await trio.testing.wait_all_tasks_blocked()
            assert call.wanted
            call.finish("done")
    assert told == ["done"]


@pytest.mark.parametrize("starts", [(0.0,), (0.0, 3.0, 3.5), (25.0, 31.0)])
async def test_each_ends_when_it_is_due(
    autojump_clock: trio.testing.MockClock, starts: tuple[float, ...]
) -> None:
    """Not sooner and not later, whenever it began; those that are over are left alone."""
    began, ended, calls = trio.current_time(), [], list[Call]()

    async def ask(start: float) -> None:
        await trio.sleep(start)
        calls.append(call := Call(trio.current_time() + PATIENCE))
        await call.wait()
        ended.append((trio.current_time() - began, call.outcome))

    async with trio.open_nursery() as watching:
        watching.start_soon(end_overdue, lambda: calls, PATIENCE, lambda _: "late")
        async with trio.open_nursery() as nursery:
            for start in starts:
                nursery.start_soon(ask, start)
        watching.cancel_scope.cancel()
    assert ended == [(start + PATIENCE, "late") for start in starts]
