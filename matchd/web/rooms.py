"""The plain-GET twins of the signaling sockets: would a connection be accepted now? (wire.md 1.3)

At `/` that is asked only with `?roomId=`; else it is the page.
"""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain import ids
from matchd.errors import Forbidden, InvalidRequest
from matchd.services.rooms import SignalRequest
from matchd.web.context import Services
from matchd.web.requests import address, bearer, reply
from matchd.web.site import Site


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("rooms", __name__)
    site = Site()

    async def check(grant: str | None) -> Response:
        if not services.current.settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        room = request.args.get("roomId")
        if room is None:
            raise InvalidRequest("`roomId` is missing.")
        await services.rooms.check(
            SignalRequest(
                ids.room_id(room, "roomId"),
                address(services.current.settings),
                grant=grant,
                bearer=bearer() or request.args.get("token"),
            )
        )
        return reply({"ok": True})

    @routes.get("/")
    async def plain() -> Response:
        if "roomId" not in request.args:
            return site.page(services)
        return await check(None)

    @routes.get("/signal/<grant>")
    async def granted(grant: str) -> Response:
        return await check(grant)

    return routes
