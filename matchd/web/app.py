"""The Quart application: the blueprints, and what every request has in common.

What that is stands in `matchd.http`, where the express lane has it from, too.
"""

from __future__ import annotations

from quart import Response, g, request
from quart_trio import QuartTrio

from matchd.http import cors
from matchd.http.desk import SECURITY
from matchd.protocol.bodies import MAX_BODY
from matchd.web import (
    admin,
    auth,
    chat,
    docs,
    errors,
    events,
    friends,
    games,
    groups,
    hosts,
    hot,
    lobbies,
    ops,
    reports,
    rooms,
    site,
)
from matchd.web.context import Services
from matchd.web.requests import current_ask, read_ask


def create_app(services: Services) -> QuartTrio:
    """The application, bound to its services."""
    app = QuartTrio("matchd", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.converters["lobby"] = lobbies.LobbyConverter
    app.url_map.merge_slashes = False  # it would redirect, and no route does (wire.md 1.1)
    for module in (
        *(hot, hosts, rooms, groups, auth, friends, events),
        *(lobbies, games, chat, reports, admin, ops, site, docs),
    ):
        app.register_blueprint(module.create_blueprint(services))
    errors.install(app, services.desk)
    _install_hooks(app, services)
    return app


def _install_hooks(app: QuartTrio, services: Services) -> None:
    desk = services.desk

    @app.before_request
    async def begin() -> Response | None:
        g.ask = read_ask()
        if request.method == "OPTIONS" and cors.origins(request.path, desk.current.settings):
            return Response(b"", 204)
        desk.admit(g.ask)
        return None

    @app.after_request
    async def finish(response: Response) -> Response:
        ask = current_ask()
        response.headers["X-Request-Id"] = ask.request_id
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        allowed = cors.origins(ask.path, desk.current.settings)
        for name, value in cors.headers(allowed, ask.get(b"origin"), ask.method):
            if name == "Vary":
                response.headers.add(name, value)
            else:
                response.headers[name] = value
        if desk.current.draining:
            response.headers["Connection"] = "close"
        desk.count(ask, errors.route_pattern(), response.status_code, g.get("refusal", None))
        return response
