"""Happenings told to everyone concerned: logged, counted, and posted to the sockets they touch.

Called once per store answer, by whoever made the call; the order of the happenings is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from matchd.clock import Clock
from matchd.domain.bookings import Cause
from matchd.domain.groups import Departure, Reason
from matchd.domain.happenings import (
    Booked,
    CandidateExpired,
    Connected,
    Happening,
    HostAppeared,
    HostEntered,
    HostGone,
    HostQuiet,
    NodeGone,
    Over,
)
from matchd.metrics import Metrics
from matchd.protocol import rooms as dialect
from matchd.protocol.news import (
    BookingMoved,
    Close,
    Ended,
    PeerWent,
    PlayerAway,
    Promoted,
    Seat,
)
from matchd.services.hub import Hub
from matchd.services.journal import Journal

_QUIET = "players are not sent to it until it is heard of again"


class Announcer:
    """Tells what happened."""

    def __init__(self, hub: Hub, clock: Clock, metrics: Metrics, journal: Journal) -> None:
        self._hub = hub
        self._clock = clock
        self._metrics = metrics
        self._found = metrics.finds.labels("found")
        self._over_for = cache(metrics.bookings_over.labels)
        self._happened = journal.happened

    def tell(self, happenings: Iterable[Happening]) -> None:
        """Log, count and post each happening, in order."""
        for happening in happenings:
            if isinstance(happening, Departure):
                self._departed(happening)
            else:
                self._tell(happening)

    def _tell(self, happening: Happening) -> None:
        match happening:
            case Booked():
                self._booked(happening)
            case Connected(booking_id, host_id):
                self._happened("booking.connected", booking=booking_id, host=host_id)
            case Over():
                self._over(happening)
            case HostEntered():
                self._host_entered(happening)
            case HostAppeared(host):
                self._happened(
                    "host.appeared",
                    host=host.id,
                    room=host.room_id,
                    region=host.region,
                    slots=host.capacity,
                )
            case HostQuiet(host_id, reason):
                self._happened(
                    "host.quiet", why=reason, level="warning", host=host_id, effect=_QUIET
                )
            case HostGone(host_id, cause):
                level = "info" if cause is Cause.HOST_LEFT else "warning"
                self._happened("host.gone", why=cause.value, level=level, host=host_id)
            case NodeGone(node):
                self._happened("node.gone", why="its lease has lapsed", level="warning", node=node)
            case CandidateExpired(address):
                reason = "no heartbeat named this room from your address"
                self._hub.post(address, Ended(Close.FORBIDDEN, reason))

    def _booked(self, happening: Booked) -> None:
        booking = happening.booking
        waited = booking.claimed_at - booking.created_at
        self._happened(
            "booking.held",
            booking=booking.id,
            host=booking.host_id,
            room=booking.room_id,
            account=None if booking.guest else booking.owner,
            region=booking.region,
        )
        self._found.inc()
        if waited > 0:
            self._metrics.wait_seconds.observe(waited)
        if happening.waiter is not None:
            self._hub.post(happening.waiter, BookingMoved(booking.id))

    def _over(self, happening: Over) -> None:
        self._happened(
            f"booking.{happening.state}",
            why=happening.cause.value,
            booking=happening.booking_id,
            host=happening.host_id,
            peer=happening.peer,
        )
        self._over_for(happening.state, happening.cause).inc()
        if happening.waiter is not None:
            self._hub.post(happening.waiter, BookingMoved(happening.booking_id))
        if happening.player is not None:
            reason = f"booking over: {happening.cause}"
            self._hub.post(happening.player, Ended(Close.GONE, reason, dialect.LAST_WORD))
        if happening.host is not None:
            self._hub.post(happening.host, PlayerAway(happening.peer, happening.booking_id))

    def _host_entered(self, happening: HostEntered) -> None:
        self._happened("room.host_recognised", room=happening.room_id, host=happening.host_id)
        seats = tuple(Seat(*player) for player in happening.players)
        promoted = Promoted(happening.host_id, happening.region, seats, happening.turn)
        self._hub.post(happening.host, promoted)

    def _departed(self, departure: Departure) -> None:
        self._happened(
            "group.left", why=departure.reason.value, group=departure.group, peer=departure.peer
        )
        went = PeerWent(departure.peer, departure.reason)
        for observer in departure.observers:
            self._hub.post(observer, went)
            if departure.dissolved:
                self._hub.post(observer, Ended(Close.GONE, "the server of this room has left"))
        if departure.reason is Reason.REPLACED:
            self._hub.post(departure.address, Ended(Close.REPLACED, "replaced by a newer socket"))
