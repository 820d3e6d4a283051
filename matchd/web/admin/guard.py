"""Who may use the admin API, and the record of what was done there (wire.md 9).

Rules: a viewer reads, an admin does everything. Once the answer is made, or the caller is gone, the act
is on record under the name of its route (services/audit.py). Whom it was done to is read from the
route's variables; a handler that knows better says so (`about`).
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
from quart import Blueprint, Response, g, request

from matchd.domain.callers import Caller
from matchd.services.audit import Act
from matchd.web.context import Services
from matchd.web.requests import address, bearer

_KINDS = {
    "bookings": "booking",
    "hosts": "host",
    "rooms": "room",
    "lobbies": "lobby",
    "games": "game",
    "accounts": "account",
    "reports": "report",
    "chats": "chat",
}
"""What the variable behind a segment of a route names."""


def install(routes: Blueprint, services: Services) -> None:
    """Guard these routes."""

    @routes.before_request
    async def admit() -> None:
        where, reads = address(services.current.settings), _reads()
        g.admin = services.auth.admin(bearer(), where, reads=reads)

    @routes.after_request
    async def answered(response: Response) -> Response:
        if "admin" in g:
            _record(services, await _outcome(response))
        return response

    @routes.teardown_request
    async def cut_off(_error: BaseException | None) -> None:
        if "admin" in g and not g.get("recorded", False):
            _record(services, "cut off")  # whatever was begun may have been done


def who() -> Caller:
    """The administrator who calls."""
    caller: Caller = g.admin
    return caller


def about(*, why: str | None = None, **ids: str) -> None:
    """Say why, and to whom or what by kind, this act is done; nothing that is secret."""
    g.why, g.ids = why, ids


def _record(services: Services, outcome: str) -> None:
    g.recorded = True
    if request.url_rule is None:
        return
    rule = request.url_rule.rule
    act = Act(
        by=who().account or "admin",
        event=_event(rule),
        way=f"{request.method} {rule}",
        outcome=outcome,
        ids=g.get("ids", None) or _named(rule),
        why=g.get("why", None),
        reads=_reads(),
    )
    services.audit.record(act)


def _reads() -> bool:
    return request.method in ("GET", "HEAD")


def _event(rule: str) -> str:
    """`audit.read`, `audit.delete`, or after the last word of the route: `audit.ban`."""
    if _reads():
        return "audit.read"
    last = rule.rstrip("/").rpartition("/")[2].replace("-", "_")
    return f"audit.{request.method.lower() if last.startswith('<') else last}"


def _named(rule: str) -> dict[str, str]:
    """Whom the variables of the route name, as far as their kind is known."""
    found, segments = {}, rule.split("/")
    for noun, segment in pairwise(segments):
        variable = segment[1:-1].rpartition(":")[2]
        if segment.startswith("<") and noun in _KINDS:
            found[_KINDS[noun]] = str((request.view_args or {}).get(variable, ""))
    return found


async def _outcome(response: Response) -> str:
    """`done`, or the code of the refusal."""
    if response.status_code < 400:
        return "done"
    body = msgspec.json.decode(await response.get_data(as_text=False), type=dict[str, object])
    return str(body["code"])
