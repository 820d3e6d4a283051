"""Restarts of the daemon in the middle of what pages or other programs do. For tests only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from tests.daemon.process import Daemon, Site

START = 60
"""Seconds that a daemon may take to start, beside a browser that is busy."""


class Running:
    """The daemon of the moment."""

    def __init__(self) -> None:
        self._asked, self._ready = trio.Event(), trio.Event()
        self._over = False
        self.daemon: Daemon

    async def restart(self) -> None:
        """Stop it in good order; returns when the next one is ready."""
        self._ready = trio.Event()
        self._asked.set()
        await self._ready.wait()

    async def crash(self) -> None:
        """The same without order: what it kept in memory is gone."""
        self.daemon.process.kill()
        await self.daemon.process.wait()
        await self.restart()

    async def beside(self, site: Site, run: Callable[[], Awaitable[None]]) -> None:
        """Run something beside one daemon after the other."""

        async def follow() -> None:
            await self._ready.wait()
            await run()
            self._over = True
            self._asked.set()

        # What runs goes on between the daemons.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow)
            while not self._over:
                self._asked = trio.Event()
                async with site.daemon(patience=START) as self.daemon:
                    self._ready.set()
                    await self._asked.wait()
