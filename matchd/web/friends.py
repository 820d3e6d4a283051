"""Routes of friends (wire.md 4)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain.callers import Caller
from matchd.domain.friends import Standing, Verb
from matchd.errors import InvalidRequest
from matchd.protocol.friends import CodeBody, VisibleBody
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, limit, reply

PAGE = 1000


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("friends", __name__)
    _add_list(routes, services)
    _add_deeds(routes, services)
    return routes


def _add_list(routes: Blueprint, services: Services) -> None:
    friends = services.people.friends

    @routes.get("/friends")
    async def listed() -> Response:
        cursor = request.args.get("cursor")
        page = await friends.page(_member(services), _standing(), cursor, limit(PAGE, PAGE))
        response = reply(page.lines)
        if page.cursor is not None:
            response.headers["X-Next-Cursor"] = page.cursor
        return response

    @routes.put("/friends/presence")
    async def presence() -> Response:
        caller = _member(services)
        wanted = await body(VisibleBody)
        await friends.show(caller, visible=wanted.visible)
        return reply({"visible": wanted.visible})


def _add_deeds(routes: Blueprint, services: Services) -> None:
    friends = services.people.friends

    @routes.post("/friends")
    async def ask_key() -> Response:
        caller = _member(services)
        wanted = await body(CodeBody)
        return reply(await friends.ask_key(caller, wanted.account()))

    @routes.put("/friends/<who>")
    async def ask(who: str) -> Response:
        return reply(await friends.change(_member(services), who, Verb.ASK))

    @routes.delete("/friends/<who>")
    async def delete(who: str) -> Response:
        return reply(await friends.change(_member(services), who, Verb.DELETE))

    @routes.put("/friends/<who>/block")
    async def block(who: str) -> Response:
        return reply(await friends.change(_member(services), who, Verb.BLOCK))

    @routes.delete("/friends/<who>/block")
    async def unblock(who: str) -> Response:
        return reply(await friends.change(_member(services), who, Verb.UNBLOCK))


def _member(services: Services) -> Caller:
    return services.auth.member(bearer(), address(services.current.settings))


def _standing() -> Standing | None:
    text = request.args.get("state")
    if text is None:
        return None
    if text not in ("friend", "incoming", "outgoing", "blocked"):
        raise InvalidRequest("`state` must be friend, incoming, outgoing or blocked.")
    return Standing(text)
