"""What is said of the routes of administrators (wire.md 9)."""

from __future__ import annotations

from matchd.domain.reports import State
from matchd.errors import ReportClosed, UnknownReport
from matchd.protocol.bookings import BookingView
from matchd.protocol.hosts import HostRecord
from matchd.protocol.lobbies import LobbyEntry
from matchd.protocol.overview import Checked, HostTtl, Overview, RoomEntry
from matchd.protocol.play_lists import GameEntry, QueueEntry
from matchd.protocol.reports import CloseBody, ReportView
from matchd.protocol.texts import HostText, IdText, RoomText
from matchd.web.described.route import (
    ADMIN,
    LOBBY_PLACE,
    REPORT,
    Chapter,
    Query,
    Route,
    cursor,
    limit,
)

_PAGE = limit(1000, 1000)
_HOSTS = Route("List the hosts", ADMIN, tuple[HostRecord, ...], query=(_PAGE, cursor(HostText)))
_REPORT = {"name": REPORT}

ADMINISTRATION = Chapter(
    "Administration",
    "For tokens of `matchd token admin`. Every call is in the audit log.",
    {
        "GET /api/hosts": _HOSTS,
        "GET /api/admin/hosts": _HOSTS,
        "GET /api/hosts/ttl": Route(
            "See how long each host is still offered", ADMIN, tuple[HostTtl, ...]
        ),
        "GET /api/admin/bookings": Route(
            "List the bookings", ADMIN, tuple[BookingView, ...], query=(_PAGE, cursor(IdText))
        ),
        "GET /api/admin/rooms": Route(
            "List the rooms", ADMIN, tuple[RoomEntry, ...], query=(_PAGE, cursor(RoomText))
        ),
        "GET /api/admin/lobbies": Route(
            "List the lobbies", ADMIN, tuple[LobbyEntry, ...], query=(_PAGE, cursor(LOBBY_PLACE))
        ),
        "GET /api/admin/counters": Route("Count everything", ADMIN, Overview),
        "GET /api/admin/check": Route("Check the invariants now", ADMIN, Checked),
        "GET /api/admin/queues": Route(
            "List the longest lines", ADMIN, tuple[QueueEntry, ...], query=(limit(100, 100),)
        ),
        "GET /api/admin/games": Route(
            "List the games", ADMIN, tuple[GameEntry, ...], query=(_PAGE, cursor(IdText))
        ),
        "GET /api/admin/reports": Route(
            "List the reports",
            ADMIN,
            tuple[ReportView, ...],
            (UnknownReport,),
            query=(Query("state", State, "Those that stand so."), _PAGE, cursor(IdText)),
            paged=True,
        ),
        "GET /api/admin/reports/{name}": Route(
            "See a report", ADMIN, ReportView, (UnknownReport,), path=_REPORT
        ),
        "POST /api/admin/reports/{name}/triage": Route(
            "See to a report", ADMIN, ReportView, (UnknownReport, ReportClosed), path=_REPORT
        ),
        "POST /api/admin/reports/{name}/close": Route(
            "Close a report with what the reporter is told",
            ADMIN,
            ReportView,
            (UnknownReport, ReportClosed),
            body=CloseBody,
            path=_REPORT,
            sample={"outcome": "He was banned for a week."},
        ),
    },
)
