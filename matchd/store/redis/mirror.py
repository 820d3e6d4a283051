"""The pool as the given specification's own tools read it: `host:{hostId}` (wire.md 2.4).

Written behind each step from what the step answered, and never read by us: losing one, or writing two
in the wrong order, heals with the host's next beat. Backend-internal.
"""

from __future__ import annotations

import base64

import msgspec

from matchd.store.redis.link import Command
from matchd.store.redis.records import Raw


class _Record(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """The specification's fields, then ours."""

    host_id: str
    room_id: str
    status: str
    region: str
    last_heartbeat: int
    public_ip: str | None = None
    game_info: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    game: str | None = None
    capacity: int = 0
    available_slots: int | None = None
    bookings: list[str] = []


def written(raw: Raw, now: float, ttl: float) -> Command:
    """Write a host's record; it goes by itself `ttl` seconds after the host was last seen."""
    left = raw["seen_at"] + ttl - now
    if left <= 0:
        return removed(raw["id"])
    return (
        "SET",
        f"host:{raw['id']}",
        msgspec.json.encode(_record(raw)),
        "PX",
        int(left * 1000) + 1,
    )


def removed(host_id: str) -> Command:
    """Take a host's record away."""
    return ("DEL", f"host:{host_id}")


def _record(raw: Raw) -> _Record:
    return _Record(
        host_id=raw["id"],
        room_id=raw["room_id"],
        status=_status(raw),
        region=raw["region"],
        last_heartbeat=int(raw["seen_at"] * 1000),
        public_ip=raw.get("public_ip"),
        game_info=_game_info(raw),
        game=raw.get("game"),
        capacity=raw["capacity"],
        available_slots=raw.get("available_slots"),
        bookings=list(raw["bookings"]),
    )


def _game_info(raw: Raw) -> msgspec.Raw | msgspec.UnsetType:
    encoded = raw.get("game_info")
    return msgspec.Raw(base64.b64decode(encoded)) if encoded else msgspec.UNSET


def _status(raw: Raw) -> str:
    """In the specification's words a host whose slots are all promised is `allocated`."""
    if raw["status"] == "busy":
        return "busy"
    return "allocated" if raw["bookings"] and "spot" not in raw else "idle"
