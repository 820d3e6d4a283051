"""The lane: every connection while it asks for hot routes only, and one task that watches the clock.

Owns `ExpressLane`, one for the whole daemon. Rules: a visit is ended by the sweep, which looks at all
of them twice a second, or by the drain, and by both only while it waits for bytes. Then it is left to
the HTTP edge, which knows what is to be said in such a case.
"""

from __future__ import annotations

from collections.abc import Iterable

import trio

from matchd.express.clerk import Clerk
from matchd.express.rest import Patience, Rest
from matchd.express.visit import Guarded, Visit
from matchd.http.desk import Desk
from matchd.http.route import Route

TICK = 0.5
"""Seconds between two looks at who is late."""


class ExpressLane:
    """Serves connections before anyone else does."""

    def __init__(self, desk: Desk, routes: Iterable[Route], patience: Patience) -> None:
        # fixed after construction
        self._clerk = Clerk(desk, routes)
        self._patience = patience
        # changed only in sync functions
        self._visits: set[Visit] = set()
        self._draining = False

    async def run(self) -> None:
        """End the visits of those who are late, for ever."""
        while True:
            await trio.sleep(TICK)
            now = trio.current_time()
            for visit in self._visits:
                if visit.reading and visit.due <= now:
                    visit.scope.cancel()

    async def serve(self, stream: trio.abc.Stream, guard: Guarded | None, peer: str) -> Rest | None:
        """Answer what is hot on a connection; None when that was all of it.

        Raises trio.BrokenResourceError or trio.ClosedResourceError when the peer is gone.
        """
        visit = Visit(self._clerk, self._patience, stream, guard, peer)
        if self._draining:
            await trio.lowlevel.checkpoint()
            return visit.left()
        self._visits.add(visit)
        try:
            return await visit.serve()
        finally:
            self._visits.discard(visit)

    def drain(self) -> None:
        """Take nobody more, and leave those who ask for nothing now."""
        self._draining = True
        for visit in self._visits:
            if visit.idles:
                visit.scope.cancel()
