"""Who may use the admin API, and the audit of what was done (wire.md 9).

Rules: a viewer reads, an admin does everything. Each call that was let in is one line `audit` in the
log, with who made it, what it was (the route's pattern), whom it was about (once the route has found
out: `about`) and how it ended. A look at the live numbers is not, which a page takes all the time.
"""

from __future__ import annotations

import msgspec
from quart import Blueprint, Response, g, request

from matchd.domain.callers import Caller
from matchd.log import get_logger
from matchd.web.context import Services
from matchd.web.requests import address, bearer

_log = get_logger()

_LIVE = frozenset(f"/api/admin/{name}" for name in ("me", "counters", "nodes", "turn"))


def install(routes: Blueprint, services: Services) -> None:
    """Guard these routes."""

    @routes.before_request
    async def admit() -> None:
        where, reads = address(services.current.settings), request.method in ("GET", "HEAD")
        g.admin = services.auth.admin(bearer(), where, reads=reads)

    @routes.after_request
    async def audit(response: Response) -> Response:
        rule = "" if request.url_rule is None else str(request.url_rule.rule)
        admin: Caller | None = g.get("admin")
        if admin is not None and rule not in _LIVE:
            _log.info(
                "audit",
                admin=admin.account,
                role=admin.role.value,
                action=f"{request.method} {rule}",
                outcome=await _outcome(response),
                **g.get("about", {}),
            )
        return response


def who() -> Caller:
    """The administrator who calls."""
    caller: Caller = g.admin
    return caller


def about(**what: object) -> None:
    """Say what the call is about, for the audit: ids and decisions, and nothing that is secret."""
    g.about = {**g.get("about", {}), **what}


async def _outcome(response: Response) -> str:
    if response.status_code < 400:
        return "done"
    body = msgspec.json.decode(await response.get_data(as_text=False), type=dict[str, object])
    return str(body["code"])
