"""Tasks beside the body of an `async with`, whose errors come out of it one by one.

Around a nursery every error arrives in a group, which nobody expects of a session. Here what the body
raises is raised as it is, and a ClientError of a task cancels the body and is raised in its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

from matchd.client.errors import ClientError

Task = Callable[[], Awaitable[None]]


@asynccontextmanager
async def beside(*tasks: Task) -> AsyncIterator[None]:
    """Run the tasks until the body ends."""
    failures: list[Exception] = []

    async def guarded(task: Task) -> None:
        try:
            await task()
        except ClientError as error:
            failures.append(error)
            nursery.cancel_scope.cancel()

    # The home of the tasks.
    async with trio.open_nursery() as nursery:
        for task in tasks:
            nursery.start_soon(guarded, task)
        try:
            yield
        except Exception as error:  # the body's own: carried around the nursery, and raised below
            failures.append(error)
        nursery.cancel_scope.cancel()
    if failures:
        raise failures[0]
