"""Routes for administrators: what hosts, bookings, rooms, lobbies and games there are (wire.md 9)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain import ids
from matchd.domain.rooms import Room
from matchd.log import get_logger
from matchd.web.context import Services
from matchd.web.requests import address, bearer, limit, reply

_log = get_logger()

PAGE = 1000
LINES = 100


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("admin", __name__)

    @routes.before_request
    async def admit() -> None:
        caller = services.auth.admin(bearer(), address(services.current.settings))
        rule = request.url_rule
        _log.info("audit", admin=caller.account, action=f"{request.method} {rule and rule.rule}")

    @routes.get("/api/hosts")
    @routes.get("/api/admin/hosts")
    async def hosts() -> Response:
        return reply(await services.hosts.page(request.args.get("cursor"), limit(PAGE, PAGE)))

    @routes.get("/api/hosts/ttl")
    async def ttls() -> Response:
        return reply(await services.hosts.ttls())

    @routes.get("/api/admin/bookings")
    async def bookings() -> Response:
        cursor = request.args.get("cursor")
        after = None if cursor is None else ids.booking_id(cursor, "cursor")
        return reply(await services.bookings.page(after, limit(PAGE, PAGE)))

    @routes.get("/api/admin/rooms")
    async def rooms() -> Response:
        cursor = request.args.get("cursor")
        after = None if cursor is None else ids.room_id(cursor, "cursor")
        found = await services.rooms.page(after, limit(PAGE, PAGE))
        return reply([_shown(room) for room in found])

    @routes.get("/api/admin/lobbies")
    async def lobbies() -> Response:
        cursor = request.args.get("cursor")
        return reply(await services.lobbies.views.all(cursor, limit(PAGE, PAGE)))

    @routes.get("/api/admin/counters")
    async def counters() -> Response:
        counts = await services.store.hosts.counts()
        lobbies = await services.store.lobbies.counts()
        play = await services.store.games.play_counts()
        return reply(
            {
                "hosts": {"alive": counts.alive, "free": counts.free},
                "bookings": {"held": counts.held, "connected": counts.connected},
                "waiting": counts.waiting,
                "lobbies": {"waiting": lobbies.waiting, "inProgress": lobbies.in_progress},
                "queued": play.tickets,
                "games": play.games,
                "sockets": services.rooms.open_sockets,
                "draining": services.current.draining,
            }
        )

    @routes.get("/api/admin/check")
    async def check() -> Response:
        violations = await services.store.violations()
        return reply({"ok": not violations, "violations": violations})

    _add_play(routes, services)
    return routes


def _add_play(routes: Blueprint, services: Services) -> None:
    @routes.get("/api/admin/queues")
    async def queues() -> Response:
        return reply(await services.play.lists.queues(limit(LINES, LINES)))

    @routes.get("/api/admin/games")
    async def games() -> Response:
        cursor = request.args.get("cursor")
        after = None if cursor is None else ids.game_id(cursor, "cursor")
        return reply(await services.play.lists.games(after, limit(PAGE, PAGE)))


def _shown(room: Room) -> dict[str, object]:
    places = room.places.values()
    return {
        "roomId": room.id,
        "hostId": room.host_id,
        "hostHere": room.host is not None,
        "players": [{"peer": place.peer, "bookingId": place.booking_id} for place in places],
        "candidates": len(room.candidates),
    }
