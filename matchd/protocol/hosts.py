"""Bodies of the host API (wire.md 2.1, 2.2), as given by the Matchmaking API Specification."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain import ids
from matchd.domain.bookings import Booking, State
from matchd.domain.hosts import Beat, Host, Status
from matchd.domain.ids import Region
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import Answer, Body
from matchd.protocol.texts import (
    GameText,
    HostText,
    IdText,
    JsonObject,
    MaybeObject,
    RegionText,
    RoomText,
)

MAX_GAME_INFO = 4096
MAX_BOOKINGS_SHOWN = 16

Capacity = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Slots = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Ip = Annotated[str, msgspec.Meta(max_length=64)]


class HeartbeatBody(Body, frozen=True, kw_only=True):
    """`POST /api/host/heartbeat`. `status` may also be `allocated`, which counts as busy."""

    host_id: HostText
    room_id: RoomText
    region: RegionText | None = None
    status: Literal["idle", "busy", "allocated"] | None = None
    capacity: Capacity = 1
    available_slots: Slots | None = None
    booking_id: IdText | None = None
    game_info: MaybeObject = msgspec.field(default_factory=msgspec.Raw)
    public_ip: Ip | None = None
    game: GameText | None = None

    def beat(self, default_region: Region, address: str) -> Beat:
        """The checked beat; InvalidRequest names the field that is wrong."""
        if self.available_slots is not None and self.available_slots > self.capacity:
            raise InvalidRequest("`availableSlots` must not be more than `capacity`.")
        return Beat(
            host_id=ids.host_id(self.host_id, "hostId"),
            room_id=ids.room_id(self.room_id, "roomId"),
            region=default_region if self.region is None else ids.region(self.region, "region"),
            status=_status(self.status),
            capacity=self.capacity,
            available_slots=self.available_slots,
            booking_id=_booking_id(self.booking_id),
            game=None if self.game is None else ids.game(self.game, "game"),
            game_info=_game_info(bytes(self.game_info)),
            public_ip=self.public_ip,
            address=address,
        )


class StatusBody(Body, frozen=True, kw_only=True):
    """`POST /api/host/status`."""

    host_id: HostText
    status: Literal["idle", "busy"]
    booking_id: IdText | None = None


class IceBody(Body, frozen=True, kw_only=True):
    """`POST /api/ice`: which host asks; absent, the credential itself says who does."""

    host_id: HostText | None = None


class BookingSeen(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """One live booking, as its host is told."""

    id: str
    state: State
    expires_at: int = 0


class HeartbeatAnswer(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """What a heartbeat is answered; below 4 KiB, so at most 16 bookings, soonest expiry first."""

    success: Literal[True] = True
    ttl: int
    interval: int
    status: Status
    bookings: tuple[BookingSeen, ...]
    booking_count: int
    drain: bool


class StatusAnswer(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """What a status call is answered."""

    success: Literal[True] = True
    ttl: int
    status: Status


class HostTtl(Answer, frozen=True, kw_only=True):
    """How many seconds a host is still offered."""

    host_id: str
    ttl_seconds: int


class HostRecord(Answer, frozen=True, kw_only=True):
    """A host as administrators see it, in the specification's field names (`GET /api/hosts`)."""

    host_id: str
    room_id: str
    status: Status
    region: str
    last_heartbeat: int
    capacity: int
    available_slots: int
    in_room: bool
    offered: bool
    bookings: tuple[str, ...]
    game_info: JsonObject
    game: str | None = None
    public_ip: str | None = None

    @classmethod
    def of(cls, host: Host, *, free: int, offered: bool, seen_ms: int) -> HostRecord:
        """The record of one host; `seen_ms` is its last beat in Unix milliseconds."""
        return cls(
            host_id=host.id,
            room_id=host.room_id,
            status=host.status,
            region=host.region,
            last_heartbeat=seen_ms,
            capacity=host.capacity,
            available_slots=free,
            in_room=host.in_room,
            offered=offered,
            bookings=tuple(host.bookings),
            game=host.game,
            game_info=msgspec.Raw(host.game_info or b"{}"),
            public_ip=host.public_ip,
        )


def soonest(bookings: list[Booking], expiry: dict[ids.BookingId, int]) -> tuple[BookingSeen, ...]:
    """At most 16 bookings for a heartbeat's answer; those without an expiry (0) come last."""
    seen = [BookingSeen(id=b.id, state=b.state, expires_at=expiry[b.id]) for b in bookings]
    seen.sort(key=lambda item: item.expires_at or float("inf"))
    return tuple(seen[:MAX_BOOKINGS_SHOWN])


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    return Status.IDLE if text == "idle" else Status.BUSY


def _booking_id(text: str | None) -> ids.BookingId | None:
    return None if text is None else ids.booking_id(text, "bookingId")


def _game_info(raw: bytes) -> bytes:
    if raw in (b"", b"null"):
        return b""
    if not raw.startswith(b"{"):
        raise InvalidRequest("`gameInfo`: expected `object`.")
    if len(raw) > MAX_GAME_INFO:
        raise InvalidRequest("`gameInfo` must not be larger than 4096 bytes.")
    return raw
