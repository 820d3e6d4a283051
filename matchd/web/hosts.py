"""Routes of the host API (wire.md 2.1, 2.2) but the hot ones, which are in `matchd.http`."""

from __future__ import annotations

from quart import Blueprint, Response

from matchd.domain import ids
from matchd.errors import InvalidRequest
from matchd.protocol.hosts import IceBody
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, reply, token_or_grant


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("hosts", __name__)
    current, auth, hosts = services.current, services.auth, services.hosts

    @routes.delete("/api/host/<host_id>")
    async def goodbye(host_id: str) -> Response:
        caller = auth.host(bearer(), address(current.settings))
        await hosts.goodbye(caller, ids.host_id(host_id, "hostId"))
        return reply({"success": True})

    @routes.post("/api/ice")
    async def ice() -> Response:
        wanted = await body(IceBody, optional=True)
        where = address(current.settings)
        if wanted.host_id is not None:
            caller = auth.host(bearer(), where)
            return reply(await hosts.ice(caller, ids.host_id(wanted.host_id, "hostId")))
        token, grant = token_or_grant()
        if token is not None:
            caller = auth.host(token, where)
            if caller.host_id is None:
                raise InvalidRequest("`hostId` is missing.")
            return reply(await hosts.ice(caller, caller.host_id))
        return reply(await services.bookings.ice(auth.guest(where), grant))

    return routes
