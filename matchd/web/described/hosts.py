"""What is said of the routes of hosts and matches (wire.md 2)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.errors import (
    BookingOver,
    KeyReused,
    NoHost,
    RoomTaken,
    TooManyBookings,
    UnknownBooking,
    UnknownHost,
)
from matchd.protocol.answers import Done
from matchd.protocol.bookings import (
    MAX_WAIT,
    BookingView,
    Counters,
    FindBody,
    IceAnswer,
    InLine,
    MatchFound,
)
from matchd.protocol.hosts import (
    HeartbeatAnswer,
    HeartbeatBody,
    IceBody,
    StatusAnswer,
    StatusBody,
)
from matchd.protocol.texts import HostText
from matchd.web.described.route import BOOKING, GUEST, HOST, OWNER, Chapter, Query, Route, Who, wait

_HOST_OR_GRANT = Who(("host", "grant"), (*HOST.refuses, *OWNER.refuses))
_KEY = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,128}$")]
_ONE_BOOKING = {"booking_id": BOOKING}

HOSTS = Chapter(
    "Hosts",
    "The machines that players are matched with.",
    {
        "POST /api/host/heartbeat": Route(
            "Register, or say that one is still there",
            HOST,
            HeartbeatAnswer,
            (RoomTaken,),
            "To be repeated every `interval` seconds. A host unseen for `ttl` seconds is not offered.",
            body=HeartbeatBody,
            sample={"hostId": "pc-1", "roomId": "room-1", "region": "eu", "capacity": 2},
            given={
                "success": True,
                "ttl": 30,
                "interval": 10,
                "status": "idle",
                "bookings": [
                    {"id": "uX-OvYhsg3MrYbDWdDZ9UQ", "state": "held", "expiresAt": 1795230683}
                ],
                "bookingCount": 1,
                "drain": False,
            },
        ),
        "POST /api/host/status": Route(
            "Say busy or idle",
            HOST,
            StatusAnswer,
            (UnknownHost,),
            "`busy` confirms that booking, or the oldest held one; `idle` ends it.",
            body=StatusBody,
            sample={"hostId": "pc-1", "status": "busy"},
            given={"success": True, "ttl": 30, "status": "busy"},
        ),
        "DELETE /api/host/{host_id}": Route(
            "Say goodbye",
            HOST,
            Done,
            (UnknownHost,),
            "The host is out of the pool at once, and its bookings end.",
            path={"host_id": HostText},
        ),
        "POST /api/ice": Route(
            "Fetch fresh ICE servers for a live booking",
            _HOST_OR_GRANT,
            IceAnswer,
            (UnknownHost, UnknownBooking, BookingOver),
            "A host with the shared secret names itself by `hostId`.",
            body=IceBody,
            optional=True,
            sample={"hostId": "pc-1"},
        ),
    },
)

MATCHES = Chapter(
    "Matches",
    "A player finds a host. `signalingUrl` + `?roomId=` + `roomId` is the socket that leads to it.",
    {
        "POST /api/match/find": Route(
            "Find a host",
            GUEST,
            MatchFound,
            (NoHost, KeyReused, TooManyBookings),
            "Every field is optional. With `wait` one stays in line; with `async` the place in line is "
            "the answer, to be followed by `GET /api/match/{booking_id}`.",
            body=FindBody,
            optional=True,
            query=(
                Query(
                    "Idempotency-Key",
                    _KEY,
                    "The same key gives the same booking while it lives. A guest's is his identity: "
                    "22 or more of A-Z a-z 0-9 _ -.",
                    place="header",
                ),
            ),
            also={202: InLine},
            beside={"hosts": Counters},
            sample={"region": "eu"},
            given={
                "found": True,
                "roomId": "room-1",
                "signalingUrl": "wss://play.example.net/signal/hNWPIFFgtsz4kKdBenoLtw",
                "iceServers": [{"urls": ["stun:turn.example.net:3478"]}],
                "iceTtl": 3600,
                "iceExpiresAt": 1795234263,
                "bookingId": "uX-OvYhsg3MrYbDWdDZ9UQ",
                "grant": "hNWPIFFgtsz4kKdBenoLtw",
                "hostId": "pc-1",
                "region": "eu",
                "expiresAt": 1795230683,
            },
        ),
        "GET /api/match/{booking_id}": Route(
            "See where a booking stands",
            OWNER,
            BookingView,
            (UnknownBooking,),
            "`iceServers` are fresh ones, while it is held or connected.",
            query=(wait(MAX_WAIT),),
            path=_ONE_BOOKING,
        ),
        "POST /api/match/{booking_id}/release": Route(
            "Give a booking back", OWNER, BookingView, (UnknownBooking,), path=_ONE_BOOKING
        ),
    },
)
