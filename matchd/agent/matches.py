"""The matches that go on at this host, each with one run of the command.

Theory: a match begins when its player comes into our room, or when a heartbeat's answer calls its
booking connected. It ends when two answers in a row do not list the booking: the first of them may have
been written before the booking was. An answer lists at most 16; where it can't list all, a booking that
is not listed goes on while its player is in the room.
"""

from __future__ import annotations

import trio

from matchd.agent.hook import Hook
from matchd.client import HostSession
from matchd.domain.bookings import State
from matchd.domain.ids import BookingId, PeerId
from matchd.log import get_logger

_log = get_logger()

MISSES = 2
"""Answers in a row without a booking that is over."""


class _Match:
    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.misses = 0


class Matches:
    """What goes on; the runs of the command live in `nursery`."""

    def __init__(self, session: HostSession, hook: Hook | None, nursery: trio.Nursery) -> None:
        self._session = session
        self._hook = hook
        self._nursery = nursery
        self._matches: dict[BookingId, _Match] = {}

    def begin(self, booking_id: BookingId, peer: PeerId | None) -> None:
        """The match is on; known ones go on (a player who is back)."""
        if booking_id in self._matches:
            return
        match = self._matches[booking_id] = _Match()
        _log.info("match.began", booking=booking_id, peer=peer)
        if self._hook is not None:
            self._nursery.start_soon(self._run, self._hook, match, booking_id, peer)

    def settle(self) -> None:
        """Begin and end matches as the last heartbeat's answer says."""
        session = self._session
        listed = {BookingId(seen.id) for seen in session.bookings}
        whole = session.booking_count <= len(session.bookings)
        for seen in session.bookings:
            if seen.state is State.CONNECTED:
                self.begin(BookingId(seen.id), None)
        here = set() if whole else set(session.peers.values())
        for booking_id, match in list(self._matches.items()):
            match.misses = 0 if booking_id in listed | here else match.misses + 1
            if match.misses >= MISSES:
                del self._matches[booking_id]
                match.scope.cancel()
                _log.info("match.ended", booking=booking_id)
            elif match.misses:
                session.poke()

    async def _run(
        self, hook: Hook, match: _Match, booking_id: BookingId, peer: PeerId | None
    ) -> None:
        with match.scope:
            await hook.run(booking_id, peer)
