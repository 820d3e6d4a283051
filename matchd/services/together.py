"""The same for many: calls of the store side by side, in groups that share their round trips; and what
takes no time of its own, one after the other, but never for long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import TypeVar

import trio

from matchd.errors import StoreUnavailable

T = TypeVar("T")

GROUP = 64
"""Calls at once: enough to share round trips, few enough to leave room for others."""

TURN = 256
"""Sync calls in a row: what comes in waits for less than a millisecond."""

Pause = Callable[[], Awaitable[None]]
"""Waits as long as there is time."""


async def in_turns(items: Iterable[T], act: Callable[[T], None]) -> None:
    """Do this for each who is there now; other tasks have their turns in between."""
    for number, item in enumerate(tuple(items), 1):
        act(item)
        if number % TURN == 0:
            await trio.lowlevel.checkpoint()


async def for_each(items: Iterable[T], act: Callable[[T], Awaitable[None]]) -> None:
    """Do this for each, one group after the other."""
    rest = iter(tuple(items))
    while group := tuple(islice(rest, GROUP)):
        await _at_once(group, act)


async def all_done(
    items: Iterable[T],
    act: Callable[[T], Awaitable[bool | None]],
    pause: Pause = trio.lowlevel.checkpoint,
) -> bool:
    """Do this for each, with a pause between groups; False when some could not be done: one said so, or
    the store was away, which ends it.
    """
    complete, away = True, False

    async def one(item: T) -> None:
        nonlocal complete, away
        try:
            complete = await act(item) is not False and complete
        except StoreUnavailable:
            complete, away = False, True

    rest = iter(tuple(items))
    while not away and (group := tuple(islice(rest, GROUP))):
        await _at_once(group, one)
        if len(group) == GROUP:
            await pause()
    return complete


async def _at_once(group: tuple[T, ...], act: Callable[[T], Awaitable[None]]) -> None:
    # A task for each, so that their calls wait together.
    async with trio.open_nursery() as nursery:
        for item in group:
            nursery.start_soon(act, item)
