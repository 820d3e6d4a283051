"""Bodies of the host API (wire.md 2.1, 2.2)."""

from __future__ import annotations

import json

import pytest

from matchd.domain.bookings import State
from matchd.domain.hosts import Beat, Host, Status
from matchd.domain.ids import BookingId, HostId, Region, RoomId
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import decode, encode
from matchd.protocol.hosts import (
    BookingSeen,
    HeartbeatAnswer,
    HeartbeatBody,
    HostRecord,
    IceBody,
    StatusAnswer,
    StatusBody,
    soonest,
)
from tests.domain.test_bookings import booking

FULL = {
    "hostId": "h-1",
    "roomId": "R_1.x:y",
    "region": "us-east-1",
    "status": "busy",
    "capacity": 4,
    "availableSlots": 2,
    "bookingId": "b1",
    "gameInfo": {"map": "é", "n": [1, 2.5, None]},
    "publicIp": "203.0.113.9",
    "game": "chess",
}


def beat(**fields: object) -> Beat:
    """The beat that such a body makes; a field of None is left out."""
    body = {"hostId": "h", "roomId": "r", **fields}
    raw = json.dumps({k: v for k, v in body.items() if v is not ...}).encode()
    return decode(raw, HeartbeatBody).beat(Region("eu"), "10.0.0.1")


def test_smallest_beat() -> None:
    """Two ids suffice: the default region, one slot, everything else unsaid."""
    assert beat() == Beat(
        host_id=HostId("h"), room_id=RoomId("r"), region=Region("eu"), address="10.0.0.1"
    )


def test_full_beat() -> None:
    """Every field arrives; gameInfo is kept as it was written."""
    one = beat(**FULL)
    assert (one.host_id, one.room_id, one.region) == ("h-1", "R_1.x:y", "us-east-1")
    assert (one.status, one.capacity, one.available_slots) == (Status.BUSY, 4, 2)
    assert (one.booking_id, one.game, one.public_ip) == ("b1", "chess", "203.0.113.9")
    assert json.loads(one.game_info) == FULL["gameInfo"]


@pytest.mark.parametrize(
    "extra", [{"pairingCode": "0" * 32}, {"__proto__": {}}, {"host_id": "x"}, {"": [[[]]]}]
)
def test_unknown_fields(extra: dict[str, object]) -> None:
    """What a newer or older host adds is ignored."""
    assert beat(**extra) == beat()


@pytest.mark.parametrize(
    ("said", "meant"),
    [("idle", Status.IDLE), ("busy", Status.BUSY), ("allocated", Status.BUSY), (None, None)],
)
def test_status(said: str | None, meant: Status | None) -> None:
    """`allocated` counts as busy; an absent or null status says nothing."""
    assert beat(status=said).status is meant


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hostId", ...),
        ("hostId", ""),
        ("hostId", "x" * 129),
        ("hostId", "a b"),
        ("hostId", 5),
        ("hostId", None),
        ("roomId", ...),
        ("roomId", "a/b"),
        ("roomId", ["r"]),
        ("region", ""),
        ("region", "x" * 65),
        ("region", "a\nb"),
        ("region", 5),
        ("status", "gone"),
        ("status", "IDLE"),
        ("status", True),
        ("capacity", 0),
        ("capacity", 1001),
        ("capacity", 1.5),
        ("capacity", "1"),
        ("capacity", True),
        ("capacity", None),
        ("availableSlots", -1),
        ("availableSlots", 2),
        ("availableSlots", "1"),
        ("bookingId", ""),
        ("bookingId", "a.b"),
        ("bookingId", 7),
        ("gameInfo", [1]),
        ("gameInfo", "x"),
        ("gameInfo", 5),
        ("gameInfo", {"a": "x" * 4096}),
        ("publicIp", "x" * 65),
        ("publicIp", 5),
        ("game", ""),
        ("game", "x" * 65),
        ("game", {}),
    ],
)
def test_bad_field_is_named(field: str, value: object) -> None:
    """A wrong type, a missing field and a value out of range name the field."""
    with pytest.raises(InvalidRequest, match=f"`{field}`"):
        beat(**{field: value})


@pytest.mark.parametrize("field", ["region", "status", "bookingId", "gameInfo", "game"])
def test_null_is_absent(field: str) -> None:
    """An optional field that is null counts as left out."""
    assert beat(**{field: None}) == beat()


@pytest.mark.parametrize(("capacity", "slots"), [(1, 0), (1, 1), (1000, 1000), (1000, 0)])
def test_bounds(capacity: int, slots: int) -> None:
    """The ends of the ranges are inside."""
    one = beat(capacity=capacity, availableSlots=slots)
    assert (one.capacity, one.available_slots) == (capacity, slots)


def test_game_info_of_4_kib() -> None:
    """gameInfo may be 4096 bytes as written, and not one more."""
    raw = '{"hostId":"h","roomId":"r","gameInfo":{"a":"%s"}}'
    body = decode((raw % ("x" * 4088)).encode(), HeartbeatBody)
    assert len(body.beat(Region("eu"), "").game_info) == 4096
    with pytest.raises(InvalidRequest, match="`gameInfo`"):
        decode((raw % ("x" * 4089)).encode(), HeartbeatBody).beat(Region("eu"), "")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"status":"idle"}', "hostId"),
        (b'{"hostId":"h"}', "status"),
        (b'{"hostId":"h","status":"allocated"}', "status"),
        (b'{"hostId":"h","status":null}', "status"),
        (b'{"hostId":"h","status":"idle","bookingId":1}', "bookingId"),
    ],
)
def test_bad_status_word(raw: bytes, field: str) -> None:
    """A status word needs a host and exactly busy or idle."""
    with pytest.raises(InvalidRequest, match=f"`{field}`"):
        decode(raw, StatusBody)


def test_status_word_and_ice() -> None:
    """The small bodies are read in camelCase."""
    word = decode(b'{"hostId":"h","status":"busy","bookingId":"b"}', StatusBody)
    assert (word.host_id, word.status, word.booking_id) == ("h", "busy", "b")
    assert decode(b'{"hostId":"h","bookingId":"b"}', IceBody).host_id == "h"
    assert decode(b"{}", IceBody) == IceBody()


def test_heartbeat_answer() -> None:
    """The answer has all its fields, whatever their values, as the first hosts expect them."""
    seen = (BookingSeen(id="b", state=State.HELD, expires_at=7),)
    answer = HeartbeatAnswer(
        ttl=30, interval=10, status=Status.IDLE, bookings=seen, booking_count=1, drain=False
    )
    assert json.loads(encode(answer)) == {
        "success": True,
        "ttl": 30,
        "interval": 10,
        "status": "idle",
        "bookings": [{"id": "b", "state": "held", "expiresAt": 7}],
        "bookingCount": 1,
        "drain": False,
    }
    status = json.loads(encode(StatusAnswer(ttl=30, status=Status.BUSY)))
    assert status == {"success": True, "ttl": 30, "status": "busy"}


def test_bookings_shown() -> None:
    """At most 16 bookings, soonest expiry first and those without last; never 4 KiB."""
    ids = [BookingId(f"{number:064}") for number in range(40)]
    bookings = [booking(State.CONNECTED, id=key) for key in ids]
    expiry = {key: (0 if at % 5 == 0 else 1_999_999_999 - at) for at, key in enumerate(ids)}
    shown = soonest(bookings, expiry)
    assert [item.expires_at for item in shown] == sorted(set(expiry.values()) - {0})[:16]
    answer = HeartbeatAnswer(
        ttl=30, interval=10, status=Status.IDLE, bookings=shown, booking_count=1000, drain=False
    )
    assert len(encode(answer)) < 4096


def test_those_that_never_expire_come_last() -> None:
    """A booking without an expiry is shown after all that have one."""
    bookings = [booking(id=BookingId("a")), booking(id=BookingId("b"))]
    shown = soonest(bookings, {BookingId("a"): 0, BookingId("b"): 9})
    assert [item.id for item in shown] == ["b", "a"]


def test_record() -> None:
    """Administrators see the specification's field names; gameInfo as it was sent."""
    host = Host(id=HostId("h"), room_id=RoomId("r"), region=Region("eu"), game_info=b'{"a":1}')
    record = HostRecord.of(host, free=1, offered=True, seen_ms=5)
    shown = json.loads(encode(record))
    assert (shown["hostId"], shown["roomId"], shown["lastHeartbeat"]) == ("h", "r", 5)
    assert (shown["availableSlots"], shown["gameInfo"]) == (1, {"a": 1})
