"""A restart of the daemon in the middle of what pages or other programs do. For tests only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from tests.daemon.process import Daemon, Site


class Running:
    """The daemon of the moment."""

    def __init__(self) -> None:
        self._asked, self._back = trio.Event(), trio.Event()
        self.daemon: Daemon

    async def restart(self) -> None:
        """Stop it, once; returns when the next one is ready."""
        self._asked.set()
        await self._back.wait()

    async def beside(self, site: Site, run: Callable[[], Awaitable[None]]) -> None:
        """Run something while the first daemon runs, stops, and the second one runs."""
        over = trio.Event()

        async def follow() -> None:
            await run()
            over.set()

        # What runs goes on between the two daemons.
        async with trio.open_nursery() as nursery:
            async with site.daemon() as self.daemon:
                nursery.start_soon(follow)
                await self._asked.wait()
            async with site.daemon() as self.daemon:
                self._back.set()
                await over.wait()
