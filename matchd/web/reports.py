"""Routes of reports: filing one, looking at one's own, and for administrators (wire.md 7, 9)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain.reports import State
from matchd.errors import InvalidRequest
from matchd.log import get_logger
from matchd.protocol.reports import CloseBody, Filed, ReportBody, own, view
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, limit, reply

_log = get_logger()

PAGE = 1000


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("reports", __name__)
    _add_own(routes, services)
    _add_admin(routes, services)
    return routes


def _add_own(routes: Blueprint, services: Services) -> None:
    reports = services.chat.reports

    @routes.post("/report")
    async def file() -> Response:
        caller = services.auth.player(bearer(), address(services.current.settings))
        await services.people.accounts.admit(caller)
        report = await reports.file(caller, await body(ReportBody))
        return reply(Filed(id=report.id))

    @routes.get("/report/<name>")
    async def mine(name: str) -> Response:
        caller = services.auth.member(bearer(), address(services.current.settings))
        return reply(own(await reports.mine(caller, name)))


def _add_admin(routes: Blueprint, services: Services) -> None:
    reports = services.chat.reports

    @routes.get("/api/admin/reports")
    async def listed() -> Response:
        _admit(services)
        cursor, count = request.args.get("cursor"), limit(PAGE, PAGE)
        found = await reports.page(_state(), cursor, count)
        response = reply([view(report) for report in found])
        if len(found) == count:
            response.headers["X-Next-Cursor"] = found[-1].id
        return response

    @routes.get("/api/admin/reports/<name>")
    async def shown(name: str) -> Response:
        _admit(services)
        return reply(view(await reports.get(name)))

    @routes.post("/api/admin/reports/<name>/triage")
    async def triage(name: str) -> Response:
        by = _admit(services)
        return reply(view(await reports.move(name, State.TRIAGED, by=by)))

    @routes.post("/api/admin/reports/<name>/close")
    async def close(name: str) -> Response:
        by = _admit(services)
        wanted = await body(CloseBody)
        return reply(view(await reports.move(name, State.CLOSED, wanted.outcome, by=by)))


def _admit(services: Services) -> str | None:
    """Let administrators in alone, each act in the log; who it is."""
    caller = services.auth.admin(bearer(), address(services.current.settings))
    rule = request.url_rule
    _log.info("audit", admin=caller.account, action=f"{request.method} {rule and rule.rule}")
    return caller.account


def _state() -> State | None:
    text = request.args.get("state")
    try:
        return None if text is None else State(text)
    except ValueError:
        raise InvalidRequest("`state` must be open, triaged or closed.") from None
