"""The plain-GET twin of the event socket: would a connection be accepted now? (wire.md 1.3)"""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.errors import Forbidden
from matchd.services.events import event_request
from matchd.web.context import Services
from matchd.web.requests import presented, reply


def create_blueprint(services: Services) -> Blueprint:
    """The route, bound to its service."""
    routes = Blueprint("events", __name__)

    @routes.get("/events")
    async def events() -> Response:
        if not services.current.settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        brought = presented(services.current.settings)
        await services.events.check(event_request(brought, request.args))
        return reply({"ok": True})

    return routes
