"""What is said of the routes for supervisors, and of what browsers load (wire.md 8, 9)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from matchd.errors import (
    BookingOver,
    Forbidden,
    NotFound,
    RoomFull,
    Unavailable,
    UnknownBooking,
    UnknownHost,
    UnknownRoom,
)
from matchd.protocol.answers import Open, Ready
from matchd.protocol.texts import RoomText
from matchd.web.described.route import ANYONE, HOST, JSON, OWNER, PLAIN, Chapter, Query, Route, Who

_HTML = "text/html"
_FILES = ("text/javascript", "text/css", "image/svg+xml", PLAIN)
_KEPT = {304: None}
_NAME = {"name": Annotated[str, msgspec.Meta(min_length=1)]}

OPERATIONS = Chapter(
    "Operations",
    "For supervisors and monitoring.",
    {
        "GET /healthz": Route("Ask whether the process is alive", ANYONE, Open),
        "GET /readyz": Route(
            "Ask whether to send it traffic",
            ANYONE,
            Ready,
            (Unavailable,),
            text="503 with `reasons` while it drains, its store is away, or it has no TURN server.",
            beside={"reasons": tuple[str, ...]},
            given={"ok": True, "reasons": []},
        ),
        "GET /metrics": Route(
            "Read the metrics",
            Who(("", "metrics"), (Forbidden,)),
            str,
            text="Prometheus' text format, for listed addresses or with the metrics token.",
            media=(PLAIN,),
        ),
    },
)

SITE = Chapter(
    "Pages",
    "What browsers load. Files are kept and asked for again by their `ETag`.",
    {
        "GET /": Route(
            "The page to try everything; with `roomId` the twin of the signaling socket",
            Who(("", "host", "token"), (*HOST.refuses, *OWNER.refuses)),
            Open,
            (UnknownRoom, UnknownBooking, UnknownHost, BookingOver, RoomFull),
            query=(Query("roomId", RoomText, "Ask whether its signaling socket would open."),),
            media=(_HTML, JSON),
            also=_KEPT,
        ),
        "GET /client.js": Route(
            "The client, an ES module", ANYONE, str, media=("text/javascript",), also=_KEPT
        ),
        "GET /client.d.ts": Route("Its types", ANYONE, str, media=(PLAIN,), also=_KEPT),
        "GET /client/{name}": Route(
            "A module of the client", ANYONE, str, (NotFound,), media=_FILES, also=_KEPT, path=_NAME
        ),
        "GET /openapi.json": Route("This document", ANYONE, Any, also=_KEPT),
        "GET /admin": Route("The page of administrators", ANYONE, str, media=(_HTML,), also=_KEPT),
        "GET /admin/{name}": Route(
            "A file of theirs", ANYONE, str, (NotFound,), media=_FILES, also=_KEPT, path=_NAME
        ),
        "GET /asyncapi.json": Route("What is said on the sockets", ANYONE, Any, also=_KEPT),
        "GET /docs": Route(
            "Both documents, to be read and searched", ANYONE, str, media=(_HTML,), also=_KEPT
        ),
        "GET /docs/{name}": Route(
            "A file of that page", ANYONE, str, (NotFound,), media=_FILES, also=_KEPT, path=_NAME
        ),
        "GET /page/{name}": Route(
            "A file of the page", ANYONE, str, (NotFound,), media=_FILES, also=_KEPT, path=_NAME
        ),
    },
)
