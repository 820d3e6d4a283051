"""The plain-GET twins of rooms for peer-to-peer games, and their ICE servers (wire.md 1.3, 3)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.errors import Forbidden
from matchd.protocol.group_requests import group_target
from matchd.web.context import Services
from matchd.web.requests import presented, reply, target


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("groups", __name__)

    @routes.get("/matchbox", defaults={"name": ""})
    @routes.get("/matchbox/<path:name>")
    async def check(name: str) -> Response:  # noqa: ARG001  # read from the raw target, as sockets do
        settings = services.current.settings
        if not settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        await services.groups.check(group_target(target()), presented(settings))
        return reply({"ok": True})

    @routes.get("/matchbox-ice")
    async def ice() -> Response:
        return reply(await services.groups.ice(presented(services.current.settings)))

    return routes
