"""Routes of finding and following a match (wire.md 2.3)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain import ids
from matchd.protocol.bookings import MAX_WAIT, FindBody, MatchFound
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, reply, seconds, token_or_grant


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("bookings", __name__)
    current, auth, bookings = services.current, services.auth, services.bookings

    @routes.post("/api/match/find")
    async def find() -> Response:
        caller = auth.player(bearer(), address(current.settings))
        await services.people.accounts.admit(caller)
        wanted = await body(FindBody, optional=True)
        found = await bookings.find(caller, wanted, request.headers.get("Idempotency-Key"))
        if isinstance(found, MatchFound):
            return reply(found.fields())
        return reply(found, 202)

    # Ids are 22 characters: `find` is none, so a GET of it is a 405 and not a missing grant.
    @routes.get("/api/match/<string(minlength=8):booking_id>")
    async def follow(booking_id: str) -> Response:
        token, grant = token_or_grant()
        caller = auth.player(token, address(current.settings))
        name = ids.booking_id(booking_id, "bookingId")
        return reply(await bookings.follow(caller, grant, name, seconds("wait", MAX_WAIT)))

    @routes.post("/api/match/<string(minlength=8):booking_id>/release")
    async def release(booking_id: str) -> Response:
        token, grant = token_or_grant()
        caller = auth.player(token, address(current.settings))
        name = ids.booking_id(booking_id, "bookingId")
        return reply(await bookings.release(caller, grant, name))

    return routes
