"""What is said of the routes of administrators (wire.md 9)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.domain.reports import State
from matchd.errors import NotFound, ReportClosed, UnknownPlayer, UnknownReport
from matchd.protocol.hosts import HostRecord, HostTtl
from matchd.protocol.journal import LeafAnswer, TraceAnswer
from matchd.protocol.live import (
    Checked,
    DrainBody,
    Myself,
    NodeEntry,
    NodeStatus,
    Overview,
    TurnEntry,
)
from matchd.protocol.lobbies import LobbyEntry
from matchd.protocol.moderation import AccountDetails, AccountEntry, BanBody
from matchd.protocol.play_lists import GameEntry, QueueEntry
from matchd.protocol.pool_lists import BookingEntry, RoomEntry
from matchd.protocol.reports import CloseBody, ReportView
from matchd.protocol.texts import HandleText, HostText, IdText, RoomText, shaped
from matchd.web.described.route import (
    ADMIN,
    LOBBY_PLACE,
    NAMED,
    REPORT,
    Chapter,
    Kind,
    Query,
    Route,
    cursor,
    limit,
)

_PAGE = limit(1000, 1000)
_REPORT = {"name": REPORT}
_ACCOUNT = {"name": NAMED}


Number = Annotated[int, msgspec.Meta(ge=0, le=999_999_999)]
EventText = Annotated[str, shaped(r"[a-z_]{1,40}(\.[a-z_]{1,40})?")]
TRACED = Annotated[str, shaped(r"[^\x00-\x1f\x7f]{1,400}", "Any id, or the name of a player.")]


def _searched(place: Kind) -> tuple[Query, ...]:
    """The parameters of a list; `place` is what its cursors look like."""
    kind = Annotated[str, msgspec.Meta(max_length=128)]
    return (Query("q", kind, "A part of what an entry says."), _PAGE, cursor(place))


def _book(title: str) -> Route:
    """A look at the journal or the audit log."""
    after = Query("after", Number, "The `cursor` of the look before; without it come the latest.")
    event = Query("event", EventText, "An event, or the noun of many: `booking.held`, `booking`.")
    return Route(title, ADMIN, LeafAnswer, query=(after, limit(100, 1000), event))


_HOSTS = Route(
    "List the hosts", ADMIN, tuple[HostRecord, ...], query=_searched(HostText), paged=True
)

ADMINISTRATION = Chapter(
    "Administration",
    "For tokens of `matchd token admin`; those of `matchd token viewer` may GET. Every call is in the "
    "audit log.",
    {
        "GET /api/hosts": _HOSTS,
        "GET /api/admin/hosts": _HOSTS,
        "GET /api/hosts/ttl": Route(
            "See how long each host is still offered", ADMIN, tuple[HostTtl, ...]
        ),
        "GET /api/admin/bookings": Route(
            "List the bookings",
            ADMIN,
            tuple[BookingEntry, ...],
            query=_searched(IdText),
            paged=True,
        ),
        "GET /api/admin/rooms": Route(
            "List the rooms", ADMIN, tuple[RoomEntry, ...], query=_searched(RoomText), paged=True
        ),
        "GET /api/admin/lobbies": Route(
            "List the lobbies",
            ADMIN,
            tuple[LobbyEntry, ...],
            query=_searched(LOBBY_PLACE),
            paged=True,
        ),
        "GET /api/admin/games": Route(
            "List the games", ADMIN, tuple[GameEntry, ...], query=_searched(IdText), paged=True
        ),
        "GET /api/admin/queues": Route(
            "List the longest lines", ADMIN, tuple[QueueEntry, ...], query=(limit(100, 100),)
        ),
        "GET /api/admin/accounts": Route(
            "List the accounts",
            ADMIN,
            tuple[AccountEntry, ...],
            text="`q` is the beginning of a name, or an id.",
            query=_searched(HandleText),
            paged=True,
        ),
        "GET /api/admin/accounts/{name}": Route(
            "See an account", ADMIN, AccountDetails, (UnknownPlayer,), path=_ACCOUNT
        ),
        "POST /api/admin/accounts/{name}/ban": Route(
            "Ban an account",
            ADMIN,
            AccountEntry,
            (UnknownPlayer,),
            body=BanBody,
            path=_ACCOUNT,
            sample={"reason": "He cheated.", "until": 1_900_000_000},
        ),
        "POST /api/admin/accounts/{name}/unban": Route(
            "Let an account in again", ADMIN, AccountEntry, (UnknownPlayer,), path=_ACCOUNT
        ),
        "GET /api/admin/nodes": Route("List the nodes", ADMIN, tuple[NodeEntry, ...]),
        "POST /api/admin/drain": Route(
            "Have nodes take no new matches, or take them again",
            ADMIN,
            tuple[NodeEntry, ...],
            (NotFound,),
            text="Without `node` and `all` it is the node that answers.",
            body=DrainBody,
            sample={"on": True},
        ),
        "GET /api/admin/turn": Route("List the TURN servers", ADMIN, tuple[TurnEntry, ...]),
        "GET /api/admin/counters": Route("Count everything", ADMIN, Overview),
        "GET /api/admin/check": Route("Check the invariants now", ADMIN, Checked),
        "GET /api/admin/me": Route("See whose token this is", ADMIN, Myself),
        "GET /api/admin/status": Route("See how this node is", ADMIN, NodeStatus),
        "GET /api/admin/trace/{name}": Route(
            "See what happened to something",
            ADMIN,
            TraceAnswer,
            (NotFound,),
            path={"name": TRACED},
        ),
        "GET /api/admin/journal": _book("Read the journal"),
        "GET /api/admin/audit": _book("Read the audit log"),
        "GET /api/admin/reports": Route(
            "List the reports",
            ADMIN,
            tuple[ReportView, ...],
            (UnknownReport,),
            query=(Query("state", State, "Those that stand so."), *_searched(IdText)),
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
