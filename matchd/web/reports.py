"""Routes of reports: filing one, and looking at one's own (wire.md 7)."""

from __future__ import annotations

from quart import Blueprint, Response

from matchd.protocol.reports import Filed, ReportBody, own
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, reply


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("reports", __name__)
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

    return routes
