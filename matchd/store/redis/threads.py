"""Calls that block, in a thread that is never left behind. Backend-internal.

A thread that still speaks TLS while the process ends corrupts its memory (OpenSSL is torn down under
it), so whoever is cancelled ends what the thread waits for, and then waits for the thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import trio

_Given = TypeVarTuple("_Given")
_Got = TypeVar("_Got")


async def in_thread(
    only: trio.CapacityLimiter,
    wake: Callable[[], None],
    function: Callable[[*_Given], _Got],
    *given: *_Given,
) -> _Got:
    """Call a blocking function in a thread.

    `only` is a limiter of one that is used for nothing else. When cancelled, `wake` has to bring the
    function to its end soon; it is called in the loop's thread.
    """
    try:
        return await trio.to_thread.run_sync(function, *given, limiter=only, abandon_on_cancel=True)
    except trio.Cancelled:
        wake()
        with trio.CancelScope(shield=True):
            async with only:  # the thread holds it until it is over
                pass
        raise
