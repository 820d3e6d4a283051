"""Routes of lobbies (wire.md 5)."""

from __future__ import annotations

from quart import Blueprint, Response, request
from werkzeug.routing import BaseConverter

from matchd.domain import ids
from matchd.domain.callers import Caller
from matchd.domain.ids import LobbyId
from matchd.domain.lobbies import Status
from matchd.errors import Forbidden, InvalidRequest, UnknownLobby
from matchd.protocol.lobbies import (
    ChangeLobby,
    CreateLobby,
    InviteBody,
    JoinByCode,
    JoinLobby,
    PlayerBody,
    ReadyBody,
)
from matchd.protocol.lobby_requests import lobby_target
from matchd.services.lobby_views import Filter
from matchd.web.context import Services
from matchd.web.lobby_stream import LobbyStream
from matchd.web.requests import address, bearer, body, limit, presented, reply, target

PAGE = 100
DEFAULT_PAGE = 50
MAX_TEXT = 64

DONE = {"success": True}


class LobbyConverter(BaseConverter):
    """The part of a path that names a lobby, where no route of its own stands: a wrong method there is
    405, as anywhere, and no lobby of that name is looked for.
    """

    regex = r"(?!(?:join|stream)$)[^/]+"


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("lobbies", __name__)
    _add_lists(routes, services)
    _add_stream(routes, services)
    _add_doors(routes, services)
    _add_members(routes, services)
    _add_owners(routes, services)
    _add_twin(routes, services)
    return routes


def _add_lists(routes: Blueprint, services: Services) -> None:
    lobbies = services.lobbies

    @routes.get("/lobbies")
    async def listed() -> Response:
        cursor = request.args.get("cursor")
        page = await lobbies.views.page(
            _viewer(services), _filter(), cursor, limit(DEFAULT_PAGE, PAGE)
        )
        response = reply(page.lobbies)
        if page.cursor is not None:
            response.headers["X-Next-Cursor"] = page.cursor
        return response

    @routes.get("/lobbies/<lobby:lobby>")
    async def one(lobby: str) -> Response:
        return reply(await lobbies.views.get(_viewer(services), _id(lobby)))

    @routes.get("/lobbies/<lobby:lobby>/peers")
    async def peers(lobby: str) -> Response:
        return reply(await lobbies.views.peers(_member(services), _id(lobby)))

    @routes.get("/ice-servers")
    async def ice_servers() -> Response:
        return reply(await lobbies.seats.ice_servers(_member(services)))


def _add_stream(routes: Blueprint, services: Services) -> None:
    @routes.get("/lobbies/stream")
    async def stream() -> Response:
        caller, ticket = _viewer(services), request.args.get("ticket")
        if ticket is not None:
            caller = await services.people.tickets.redeem(ticket, "/lobbies/stream", caller)
        last = request.headers.get("Last-Event-ID")
        listener = await services.lobbies.listening.listen(caller, last, _game())
        life = float(services.current.settings.token_ttl)
        response = Response(LobbyStream(listener, life), content_type="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None
        return response


def _add_doors(routes: Blueprint, services: Services) -> None:
    lobbies = services.lobbies.lobbies

    @routes.post("/lobbies")
    async def create() -> Response:
        caller = _member(services)
        return reply(await lobbies.create(caller, await body(CreateLobby)))

    @routes.post("/lobbies/join")
    async def join_by_code() -> Response:
        caller = _member(services)
        return reply(await lobbies.join_by_code(caller, await body(JoinByCode)))

    @routes.post("/lobbies/<lobby:lobby>/join")
    async def join(lobby: str) -> Response:
        caller = _member(services)
        return reply(await lobbies.join(caller, _id(lobby), await body(JoinLobby, optional=True)))


def _add_members(routes: Blueprint, services: Services) -> None:
    lobbies = services.lobbies.lobbies

    @routes.post("/lobbies/<lobby:lobby>/ready")
    async def ready(lobby: str) -> Response:
        caller = _member(services)
        wanted = await body(ReadyBody)
        return reply(await lobbies.ready(caller, _id(lobby), ready=wanted.ready))

    @routes.post("/lobbies/<lobby:lobby>/leave")
    async def leave(lobby: str) -> Response:
        await lobbies.leave(_member(services), _id(lobby))
        return reply(DONE)

    @routes.delete("/lobbies/<lobby:lobby>")
    async def delete(lobby: str) -> Response:
        await lobbies.delete(_member(services), _id(lobby))
        return reply(DONE)


def _add_owners(routes: Blueprint, services: Services) -> None:
    lobbies = services.lobbies.lobbies

    @routes.post("/lobbies/<lobby:lobby>/start")
    async def start(lobby: str) -> Response:
        return reply(await lobbies.start(_member(services), _id(lobby)))

    @routes.post("/lobbies/<lobby:lobby>/invite")
    async def invite(lobby: str) -> Response:
        caller = _member(services)
        wanted = await body(InviteBody)
        return reply(await lobbies.invite(caller, _id(lobby), wanted.player_public_keys))

    @routes.post("/lobbies/<lobby:lobby>/kick")
    async def kick(lobby: str) -> Response:
        caller = _member(services)
        return reply(await lobbies.kick(caller, _id(lobby), (await body(PlayerBody)).player))

    @routes.post("/lobbies/<lobby:lobby>/owner")
    async def owner(lobby: str) -> Response:
        caller = _member(services)
        return reply(await lobbies.hand_over(caller, _id(lobby), (await body(PlayerBody)).player))

    @routes.patch("/lobbies/<lobby:lobby>")
    async def change(lobby: str) -> Response:
        caller = _member(services)
        return reply(await lobbies.change(caller, _id(lobby), await body(ChangeLobby)))


def _add_twin(routes: Blueprint, services: Services) -> None:
    @routes.get("/lobby/<path:lobby>")
    async def play(lobby: str) -> Response:  # noqa: ARG001  # read from the raw target, as sockets do
        settings = services.current.settings
        if not settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        await services.lobbies.door.check(lobby_target(target()), presented(settings))
        return reply({"ok": True})


def _member(services: Services) -> Caller:
    return services.auth.member(bearer(), address(services.current.settings))


def _viewer(services: Services) -> Caller:
    """A player, or a guest."""
    if bearer() is None:
        return services.auth.guest(address(services.current.settings))
    return _member(services)


def _id(text: str) -> LobbyId:
    """What can't be an id is that of no lobby."""
    try:
        return ids.lobby_id(text, "lobby")
    except InvalidRequest:
        raise UnknownLobby from None


def _filter() -> Filter:
    status, text = request.args.get("status"), request.args.get("q", "")
    if status not in (None, *Status):
        raise InvalidRequest(f"`status` must be {' or '.join(Status)}.")
    if len(text) > MAX_TEXT:
        raise InvalidRequest(f"`q` must be at most {MAX_TEXT} characters.")
    return Filter(game_id=_game(), status=None if status is None else Status(status), text=text)


def _game() -> ids.Game | None:
    game = request.args.get("game_id")
    return None if game is None else ids.game(game, "game_id")
