"""Bodies of finding a match and of following it (wire.md 2.3)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from matchd.domain import ids
from matchd.domain.bookings import State, Wanted, region_classes
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import Answer, Body
from matchd.protocol.texts import GameText, HostText, RegionText
from matchd.turn import IceServer

MAX_WAIT = 60

Wait = Annotated[float, msgspec.Meta(ge=0, le=MAX_WAIT)]
RoundTrip = Annotated[float, msgspec.Meta(ge=0, le=60_000)]

_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_GUEST_KEY = re.compile(r"[A-Za-z0-9_-]{22,128}")


class MeasuredRegion(Body, frozen=True, kw_only=True):
    """A region and the caller's round-trip time to it in milliseconds."""

    region: RegionText
    rtt_ms: RoundTrip


class FindBody(Body, frozen=True, kw_only=True):
    """`POST /api/match/find`; every field is optional."""

    region: RegionText | None = None
    regions: Annotated[tuple[MeasuredRegion, ...], msgspec.Meta(max_length=32)] | None = None
    any_region: bool = False
    host_id: HostText | None = None
    game: GameText | None = None
    wait: Wait = 0
    async_: bool = msgspec.field(name="async", default=False)

    def wanted(self) -> Wanted:
        """The checked wish. `region` is a hard filter and wins over `regions`."""
        classes: tuple[tuple[ids.Region, ...], ...] = ()
        anywhere = self.region is None and (not self.regions or self.any_region)
        if self.region is not None:
            classes = ((ids.region(self.region, "region"),),)
        elif self.regions:
            classes = region_classes(
                [(ids.region(item.region, "regions"), item.rtt_ms) for item in self.regions]
            )
        return Wanted(
            host_id=None if self.host_id is None else ids.host_id(self.host_id, "hostId"),
            classes=classes,
            anywhere=anywhere,
            game=None if self.game is None else ids.game(self.game, "game"),
        )


class Counters(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """Why nobody was found: hosts alive, with a free slot, in the wanted regions; bookings held."""

    alive: int
    free: int
    in_region: int
    held: int


class MatchFound(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A match: everything a player needs to connect."""

    found: Literal[True] = True
    room_id: str
    signaling_url: str
    ice_servers: tuple[IceServer, ...]
    ice_ttl: int
    ice_expires_at: int
    booking_id: str
    grant: str
    host_id: str
    region: str
    expires_at: int


class InLine(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A place in the line (202)."""

    found: Literal[False] = False
    waiting: Literal[True] = True
    booking_id: str
    grant: str
    position: int
    eta_seconds: int | None


class BookingView(Answer, frozen=True, kw_only=True):
    """`GET /api/match/{bookingId}`: where a booking stands; ICE only while it is live."""

    booking_id: str
    state: State
    cause: str | None = None
    expires_at: int | None = None
    position: int | None = None
    eta_seconds: int | msgspec.UnsetType | None = msgspec.UNSET
    room_id: str | None = None
    signaling_url: str | None = None
    host_id: str | None = None
    region: str | None = None
    ice_servers: tuple[IceServer, ...] | None = None
    ice_ttl: int | None = None
    ice_expires_at: int | None = None


class IceAnswer(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`POST /api/ice`, and the payload of the `ice` control message."""

    ice_servers: tuple[IceServer, ...]
    ice_ttl: int
    ice_expires_at: int


def idempotency_key(text: str | None, *, guest: bool) -> str | None:
    """The checked Idempotency-Key. A guest's key is his principal, so it must be unguessable."""
    if text is None:
        return None
    if guest and _GUEST_KEY.fullmatch(text) is None:
        raise InvalidRequest(
            "`Idempotency-Key` of a guest must be 22 to 128 of A-Z a-z 0-9 _ - (random)."
        )
    if _KEY.fullmatch(text) is None:
        raise InvalidRequest("`Idempotency-Key` must be 1 to 128 printable ASCII characters.")
    return text
