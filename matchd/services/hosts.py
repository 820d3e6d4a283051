"""What hosts do: beat, say busy or idle, say goodbye, fetch their ICE servers (wire.md 2.1, 2.2)."""

from __future__ import annotations

from matchd.domain import ids
from matchd.domain.addresses import UNKNOWN
from matchd.domain.callers import Caller
from matchd.domain.hosts import Status
from matchd.domain.ids import HostId
from matchd.errors import RoomTaken, UnknownBooking, UnknownHost
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.hosts import (
    HeartbeatAnswer,
    HeartbeatBody,
    HostRecord,
    HostTtl,
    StatusAnswer,
    StatusBody,
    soonest,
)
from matchd.protocol.news import Close, Ended
from matchd.services.auth import Authenticator, network_of
from matchd.services.core import Core
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.store.ports import HostView, RoomConflict

PAGE = 1000


class HostService:
    """The host API."""

    def __init__(
        self, core: Core, *, auth: Authenticator, ice: IceService, limiter: Limiter
    ) -> None:
        self._store = core.store
        self._hub = core.hub
        self._announcer = core.announcer
        self._current = core.current
        self._clock = core.clock
        self._metrics = core.metrics
        self._auth = auth
        self._ice = ice
        self._limiter = limiter

    async def beat(self, caller: Caller, body: HeartbeatBody) -> HeartbeatAnswer:
        """Register or refresh; RoomTaken when another live host has the room."""
        settings = self._current.settings
        now = self._clock.now()
        by_address = settings.recognise and caller.address != UNKNOWN
        network = network_of(caller) if by_address or caller.host_id is not None else ""
        beat = body.beat(settings.default_region, network)
        self._admit(caller, beat.host_id)
        taken = await self._store.hosts.beat(beat, now)
        if isinstance(taken, RoomConflict):
            raise RoomTaken
        self._announcer.tell(taken.happenings)
        self._metrics.heartbeats.inc()
        return self._answer(taken.view)

    async def say(self, caller: Caller, body: StatusBody) -> StatusAnswer:
        """Take a status word; UnknownHost before the first beat."""
        host_id = ids.host_id(body.host_id, "hostId")
        booking_id = None
        if body.booking_id is not None:
            booking_id = ids.booking_id(body.booking_id, "bookingId")
        self._admit(caller, host_id)
        moved = await self._store.hosts.say(
            host_id, Status(body.status), booking_id, self._clock.now()
        )
        if moved is None:
            raise UnknownHost
        self._announcer.tell(moved.happenings)
        return StatusAnswer(ttl=self._current.settings.ttl, status=Status(body.status))

    async def goodbye(self, caller: Caller, host_id: HostId) -> None:
        """Leave at once; UnknownHost when it is not registered."""
        self._admit(caller, host_id)
        view = await self._store.hosts.get(host_id, self._clock.now())
        if view is None:
            raise UnknownHost
        room = await self._store.rooms.get(view.host.room_id)
        moved = await self._store.hosts.goodbye(host_id, self._clock.now())
        if moved is None:
            raise UnknownHost
        self._announcer.tell(moved.happenings)
        # Its socket leaves with it, so that whoever takes the room next does not find it seated.
        if room is not None and room.host is not None and room.host_id == host_id:
            self._hub.post(room.host, Ended(Close.GONE, "the host said goodbye"))

    async def ice(self, caller: Caller, host_id: HostId) -> IceAnswer:
        """The host's own credentials, while it has a live booking."""
        self._auth.owns_host(caller, host_id)
        view = await self._store.hosts.get(host_id, self._clock.now())
        if view is None:
            raise UnknownHost
        if not view.bookings:
            raise UnknownBooking("This host has no live booking.")
        return self._ice.mint_for(caller, f"host:{host_id}", view.host.region)

    async def page(self, after: str | None, limit: int) -> tuple[HostRecord, ...]:
        """Hosts as administrators see them, in order of their ids."""
        cursor = None if after is None else ids.host_id(after, "cursor")
        views = await self._store.hosts.page(cursor, min(limit, PAGE), self._clock.now())
        return tuple(self._record(view) for view in views)

    async def ttls(self) -> tuple[HostTtl, ...]:
        """How many seconds each host is still offered, as the specification's first program said."""
        now, ttl = self._clock.now(), self._current.settings.ttl
        views = await self._store.hosts.page(None, PAGE, now)
        return tuple(
            HostTtl(host_id=view.host.id, ttl_seconds=max(0, int(view.host.seen_at + ttl - now)))
            for view in views
        )

    def _admit(self, caller: Caller, host_id: HostId) -> None:
        self._auth.owns_host(caller, host_id)
        self._limiter.check(caller, "heartbeats", f"host:{host_id}")

    def _answer(self, view: HostView) -> HeartbeatAnswer:
        settings = self._current.settings
        expiry = {
            booking.id: 0 if deadline is None else self._clock.shown(deadline)
            for booking, deadline in zip(view.bookings, view.deadlines, strict=True)
        }
        return HeartbeatAnswer(
            ttl=settings.ttl,
            interval=settings.interval,
            status=view.host.status,
            bookings=soonest(list(view.bookings), expiry),
            booking_count=len(view.bookings),
            drain=self._current.draining,
        )

    def _record(self, view: HostView) -> HostRecord:
        seen_ms = int((view.host.seen_at - self._clock.now() + self._clock.wall()) * 1000)
        return HostRecord.of(view.host, free=view.free, offered=view.offered, seen_ms=seen_ms)
