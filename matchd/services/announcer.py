"""Happenings told to everyone concerned: logged, counted, and posted to the sockets they touch.

Called once per store answer, by whoever made the call; the order of the happenings is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from matchd.log import get_logger
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

_log = get_logger()


class Announcer:
    """Tells what happened."""

    def __init__(self, hub: Hub, clock: Clock, metrics: Metrics) -> None:
        self._hub = hub
        self._clock = clock
        self._metrics = metrics

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
                _log.info("booking.connected", booking=booking_id, host=host_id)
            case Over():
                self._over(happening)
            case HostEntered():
                self._host_entered(happening)
            case HostAppeared(host):
                _log.info("host.appeared", host=host.id, region=host.region, slots=host.capacity)
            case HostQuiet(host_id, reason):
                _log.warning("host.quiet", host=host_id, reason=reason)
            case HostGone(host_id, cause):
                level = _log.info if cause is Cause.HOST_LEFT else _log.warning
                level("host.gone", host=host_id, cause=cause.value)
            case NodeGone(node):
                _log.warning("node.gone", node=node, reason="its lease has lapsed")
            case CandidateExpired(address):
                reason = "no heartbeat named this room from your address"
                self._hub.post(address, Ended(Close.FORBIDDEN, reason))

    def _booked(self, happening: Booked) -> None:
        booking = happening.booking
        waited = self._clock.now() - booking.created_at
        _log.info("booking.held", booking=booking.id, host=booking.host_id, region=booking.region)
        self._metrics.finds.labels("found").inc()
        if waited > 0:
            self._metrics.wait_seconds.observe(waited)
        if happening.waiter is not None:
            self._hub.post(happening.waiter, BookingMoved(booking.id))

    def _over(self, happening: Over) -> None:
        _log.info(
            f"booking.{happening.state}",
            booking=happening.booking_id,
            host=happening.host_id,
            cause=happening.cause.value,
        )
        self._metrics.bookings_over.labels(happening.state.value, happening.cause.value).inc()
        if happening.waiter is not None:
            self._hub.post(happening.waiter, BookingMoved(happening.booking_id))
        if happening.player is not None:
            reason = f"booking over: {happening.cause}"
            self._hub.post(happening.player, Ended(Close.GONE, reason, dialect.LAST_WORD))
        if happening.host is not None:
            self._hub.post(happening.host, PlayerAway(happening.peer, happening.booking_id))

    def _host_entered(self, happening: HostEntered) -> None:
        _log.info("room.host_recognised", room=happening.room_id, host=happening.host_id)
        seats = tuple(Seat(*player) for player in happening.players)
        promoted = Promoted(happening.host_id, happening.region, seats, happening.turn)
        self._hub.post(happening.host, promoted)

    def _departed(self, departure: Departure) -> None:
        went = PeerWent(departure.peer, departure.reason)
        for observer in departure.observers:
            self._hub.post(observer, went)
            if departure.dissolved:
                self._hub.post(observer, Ended(Close.GONE, "the server of this room has left"))
        if departure.reason is Reason.REPLACED:
            self._hub.post(departure.address, Ended(Close.REPLACED, "replaced by a newer socket"))
