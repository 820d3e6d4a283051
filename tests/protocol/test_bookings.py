"""Bodies of finding and following a match (wire.md 2.3)."""

from __future__ import annotations

import json

import pytest

from matchd.domain.bookings import State, Wanted
from matchd.errors import InvalidRequest
from matchd.protocol.bodies import decode, encode
from matchd.protocol.bookings import (
    BookingView,
    Counters,
    FindBody,
    InLine,
    MatchFound,
    idempotency_key,
)


def find(**fields: object) -> FindBody:
    """The body of a find."""
    return decode(json.dumps(fields).encode(), FindBody)


def near(region: str, rtt: float) -> dict[str, object]:
    """A measured region as it is sent."""
    return {"region": region, "rttMs": rtt}


def test_empty_find() -> None:
    """An empty body wants any host, now."""
    body = find()
    assert body.wanted() == Wanted()
    assert (body.wait, body.async_) == (0, False)


@pytest.mark.parametrize(
    ("fields", "classes", "anywhere"),
    [
        ({"region": "eu"}, (("eu",),), False),
        ({"region": "eu", "anyRegion": True}, (("eu",),), False),
        ({"region": "eu", "regions": [near("us", 1)]}, (("eu",),), False),
        ({"regions": []}, (), True),
        ({"regions": None}, (), True),
        ({"regions": [near("a", 30), near("b", 10)]}, (("b", "a"),), False),
        ({"regions": [near("a", 31), near("b", 10)]}, (("b",), ("a",)), False),
        ({"regions": [near("a", 1)], "anyRegion": True}, (("a",),), True),
        ({"regions": [near("a", 1), near("a", 90)]}, (("a",),), False),
    ],
)
def test_regions(
    fields: dict[str, object], classes: tuple[tuple[str, ...], ...], *, anywhere: bool
) -> None:
    """`region` is a hard filter; `regions` make classes by time; anyRegion admits the rest."""
    wanted = find(**fields).wanted()
    assert (wanted.classes, wanted.anywhere) == (classes, anywhere)


def test_host_and_game() -> None:
    """A find may name its host and its game."""
    wanted = find(hostId="h", game="chess", wait=60, **{"async": True}).wanted()
    assert (wanted.host_id, wanted.game) == ("h", "chess")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", ""),
        ("region", 5),
        ("regions", {}),
        ("regions", [5]),
        ("regions", [{"region": "a"}]),
        ("regions", [near("", 1)]),
        ("regions", [near("a", -1)]),
        ("regions", [near("a", 60_001)]),
        ("regions", [near("a", 1)] * 33),
        ("anyRegion", 1),
        ("hostId", "a b"),
        ("hostId", 5),
        ("game", ""),
        ("wait", -0.1),
        ("wait", 60.1),
        ("wait", "5"),
        ("wait", True),
        ("async", "yes"),
    ],
)
def test_bad_field_is_named(field: str, value: object) -> None:
    """A wrong type or a value out of range names the field."""
    with pytest.raises(InvalidRequest, match=f"`{field}"):
        find(**{field: value}).wanted()


@pytest.mark.parametrize("wait", [0, 0.5, 60])
def test_wait_bounds(wait: float) -> None:
    """A find may wait 0 to 60 seconds, unknown fields aside."""
    assert find(wait=wait, hurry="yes").wait == wait


def test_match_found() -> None:
    """The answer says found, in the specification's names."""
    match = MatchFound(
        room_id="r",
        signaling_url="wss://x/signal/g",
        ice_servers=(),
        ice_ttl=60,
        ice_expires_at=9,
        booking_id="b",
        grant="g",
        host_id="h",
        region="eu",
        expires_at=5,
    )
    fields = json.loads(encode(match))
    assert fields["found"] is True
    assert (fields["roomId"], fields["signalingUrl"]) == ("r", "wss://x/signal/g")
    assert (fields["iceServers"], fields["iceExpiresAt"], fields["expiresAt"]) == ([], 9, 5)


def test_in_line() -> None:
    """A place in the line says so, with an ETA that may be null."""
    line = InLine(booking_id="b", grant="g", position=1, eta_seconds=None)
    assert json.loads(encode(line)) == {
        "found": False,
        "waiting": True,
        "bookingId": "b",
        "grant": "g",
        "position": 1,
        "etaSeconds": None,
    }


def test_counters() -> None:
    """The explaining counters show their zeros."""
    counters = Counters(alive=0, free=0, in_region=0, held=0)
    assert json.loads(encode(counters)) == {"alive": 0, "free": 0, "inRegion": 0, "held": 0}


def test_view_leaves_out_what_is_not() -> None:
    """A booking's view has only what applies to its state."""
    view = BookingView(booking_id="b", state=State.LAPSED, cause="hold_expired")
    assert json.loads(encode(view)) == {
        "bookingId": "b",
        "state": "lapsed",
        "cause": "hold_expired",
    }


@pytest.mark.parametrize(
    ("key", "guest"), [("k", False), ("~!" * 64, False), ("A-z_0" * 5, True), ("x" * 128, True)]
)
def test_good_keys(key: str, *, guest: bool) -> None:
    """A player's key is any printable ASCII; a guest's at least 22 URL-safe characters."""
    assert idempotency_key(key, guest=guest) == key
    assert idempotency_key(None, guest=guest) is None


@pytest.mark.parametrize(
    ("key", "guest"),
    [
        ("", False),
        ("x" * 129, False),
        ("a b", False),
        ("é", False),
        ("a\n", False),
        ("x" * 21, True),
        ("x" * 129, True),
        ("x" * 22 + ".", True),
        ("", True),
    ],
)
def test_bad_keys(key: str, *, guest: bool) -> None:
    """Any other key is refused by the header's name."""
    with pytest.raises(InvalidRequest, match="`Idempotency-Key`"):
        idempotency_key(key, guest=guest)
