"""Routes of the queue and games (wire.md 6) but the hot one, which is in `matchd.http`."""

from __future__ import annotations

import re

from quart import Blueprint, Response, request

from matchd.domain.callers import Caller
from matchd.errors import Forbidden, InvalidRequest
from matchd.services.admission import Presented
from matchd.services.games import game_request
from matchd.web.context import Services
from matchd.web.requests import address, bearer, limit, reply, seconds

PAGE = 100
MAX_WAIT = 60.0
_CURSOR = re.compile(r"[0-9]{16}\.[A-Za-z0-9_-]{1,64}", re.ASCII)


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("games", __name__)
    _add_queue(routes, services)
    _add_games(routes, services)
    return routes


def _add_queue(routes: Blueprint, services: Services) -> None:
    queue = services.play.queue

    @routes.post("/game/leave")
    async def leave() -> Response:
        await queue.leave(_member(services))
        return reply({"success": "User removed from queue"})

    @routes.get("/game/queue")
    async def stand() -> Response:
        caller = _member(services)
        return reply(await queue.stand(caller, seconds("wait", MAX_WAIT)))


def _add_games(routes: Blueprint, services: Services) -> None:
    @routes.get("/game/history")
    async def history() -> Response:
        cursor = request.args.get("cursor")
        if cursor is not None and _CURSOR.fullmatch(cursor) is None:
            raise InvalidRequest("`cursor` is none that a page of this list has named.")
        caller = _member(services)
        games, after = await services.play.queue.history(caller, cursor, limit(20, PAGE))
        response = reply(games)
        if after is not None:
            response.headers["X-Next-Cursor"] = after
        return response

    @routes.get("/ws/game/<name>")
    async def twin(name: str) -> Response:
        settings = services.current.settings
        if not settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        presented = Presented(
            path=request.path.rstrip("/"),
            address=address(settings),
            token=bearer() or request.args.get("token"),
            ticket=request.args.get("ticket"),
        )
        await services.play.games.check(game_request(presented, name, request.args))
        return reply({"ok": True})


def _member(services: Services) -> Caller:
    return services.auth.member(bearer(), address(services.current.settings))
