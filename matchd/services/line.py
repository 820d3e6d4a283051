"""Standing in line: the calls that wait for a slot (wire.md 2.3).

Such a call renews its place while it waits and is woken by the step that grants it a slot. A call
that is cancelled, because its caller hung up, leaves the line at once.
"""

from __future__ import annotations

from collections import Counter

import trio

from matchd.domain.bookings import Cause, State
from matchd.domain.ids import Address, BookingId
from matchd.errors import Draining, StoreUnavailable
from matchd.protocol.news import News
from matchd.services.core import Core
from matchd.services.hub import Hub
from matchd.store.ports import Found

RENEW = 5.0
"""Seconds between renewals of a waiting call's place, a third of the line's default lease."""

CLEAN_UP = 2.0
"""Seconds that leaving the line may take for a caller that hung up."""


class Bell:
    """A mailbox that only wakes the call that waits at it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._event = trio.Event()
        self.address: Address = hub.register(self)

    def deliver(self, news: News) -> None:  # noqa: ARG002  # whatever the news: look again
        """Wake the waiting call."""
        self.ring()

    def rehome(self) -> None:
        """Listen under this node's present id."""
        self._hub.unregister(self.address)
        self.address = self._hub.register(self)

    def ring(self) -> None:
        """Wake the waiting call."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is news, or after so many seconds."""
        with trio.move_on_after(seconds):
            await self._event.wait()
        self._event = trio.Event()

    def close(self) -> None:
        """Stop listening."""
        self._hub.unregister(self.address)


class Line:
    """Waits for slots on behalf of callers."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._bells: dict[Bell, None] = {}
        self._standing: Counter[BookingId] = Counter()

    def open_bell(self) -> Bell:
        """A bell that `drain` rings too."""
        bell = Bell(self._core.hub)
        self._bells[bell] = None
        return bell

    def close_bell(self, bell: Bell) -> None:
        """Stop listening."""
        del self._bells[bell]
        bell.close()

    def rehome(self) -> None:
        """This node has a new id: every waiting call tells the store where it listens now."""
        for bell in self._bells:
            bell.rehome()
            bell.ring()

    def drain(self) -> None:
        """End all waits; the places stay, so that a caller with his key finds his own again."""
        for bell in self._bells:
            bell.ring()

    async def stand(self, found: Found, bell: Bell, wait: float) -> Found:
        """Wait up to `wait` seconds for a slot; the last call for a place leaves it.

        A caller that repeats his call, with its key, before the former one is known to be gone has
        two calls for one place.
        """
        booking_id = found.booking.id
        self._standing[booking_id] += 1
        cause = None
        try:
            found = await self.watch(found, bell, wait)
            cause = Cause.WAIT_OVER if found.booking.state is State.WAITING else None
        except trio.Cancelled:
            cause = Cause.CALLER_LEFT
            raise
        finally:
            self._standing[booking_id] -= 1
            last = not self._standing[booking_id]
            if last:
                del self._standing[booking_id]
            if cause is not None and last:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                    found = await self._leave(booking_id, cause) or found
        return found

    async def watch(self, found: Found, bell: Bell, wait: float) -> Found:
        """Renew the place and return the booking when it moves, or after `wait` seconds."""
        clock, bookings = self._core.clock, self._core.store.bookings
        deadline = clock.now() + wait
        while True:
            now = clock.now()
            polled = await bookings.poll(found.booking.id, bell.address, now)
            if polled is None:
                raise StoreUnavailable("The line was lost; ask again.", retry_after=1)
            found = polled
            if found.booking.state is not State.WAITING or now >= deadline:
                return found
            if self._core.current.draining:
                raise Draining(retry_after=1)
            await bell.wait(min(RENEW, deadline - now))

    async def _leave(self, booking_id: BookingId, cause: Cause) -> Found | None:
        now = self._core.clock.now()
        left = await self._core.store.bookings.leave_line(booking_id, cause, now)
        if left is None:
            return None
        found, happenings = left
        self._core.announcer.tell(happenings)
        return found
