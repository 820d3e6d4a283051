"""The Quart application: the blueprints, and what every request has in common.

Request id, limit per address, CORS of the player API, security headers, counters. Times and ids are
stamped here once.
"""

from __future__ import annotations

import time

from quart import Response, g, request
from quart_trio import QuartTrio

from matchd.domain.addresses import Networks
from matchd.errors import Outsider
from matchd.log import get_logger
from matchd.protocol.bodies import MAX_BODY
from matchd.web import (
    admin,
    auth,
    bookings,
    chat,
    docs,
    errors,
    events,
    friends,
    games,
    groups,
    hosts,
    lobbies,
    ops,
    reports,
    rooms,
    site,
)
from matchd.web.context import Services
from matchd.web.requests import address, peer_host, request_id

_log = get_logger()

PLAYER_API = (
    *("/api/match/", "/api/ice", "/signal/", "/auth/", "/friends", "/events", "/matchbox"),
    *("/lobbies", "/lobby/", "/ice-servers", "/game/", "/ws/game/", "/chat/", "/report"),
)
"""What browsers of any configured origin may call, beside the twin at `/`."""

HOST_API = "/api/host/"
"""What only browsers of an origin that is named may call: `*` does not let a page register hosts."""

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_UNLIMITED = ("/healthz", "/readyz", "/metrics")


def create_app(services: Services) -> QuartTrio:
    """The application, bound to its services."""
    app = QuartTrio("matchd", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.converters["lobby"] = lobbies.LobbyConverter
    app.url_map.merge_slashes = False  # it would redirect, and no route does (wire.md 1.1)
    for module in (
        *(hosts, bookings, rooms, groups, auth, friends, events),
        *(lobbies, games, chat, reports, admin, ops, site, docs),
    ):
        app.register_blueprint(module.create_blueprint(services))
    errors.install(app, services.metrics)
    _install_hooks(app, services)
    return app


def _install_hooks(app: QuartTrio, services: Services) -> None:
    proxies = _ProxyWarning()

    @app.before_request
    async def begin() -> Response | None:
        g.started = time.perf_counter()
        g.request_id = request_id()
        if request.method == "OPTIONS" and _origins(services):
            return Response(b"", 204)
        proxies.look(services)
        if request.path not in _UNLIMITED:
            caller = services.auth.guest(address(services.current.settings))
            services.limiter.check_address(caller.address, caller.address_key, "requests")
            if services.current.outsider:
                raise Outsider(retry_after=5)
        return None

    @app.after_request
    async def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        _allow_origin(response, _origins(services))
        if services.current.draining:
            response.headers["Connection"] = "close"
        _count(response, services)
        return response


_HERE = Networks(("127.0.0.0/8", "::1", "unix:"))


class _ProxyWarning:
    """Says once that a proxy on this machine hides everybody's address behind its own."""

    def __init__(self) -> None:
        self._said = False

    def look(self, services: Services) -> None:
        peer = peer_host()
        if self._said or "X-Forwarded-For" not in request.headers:
            return
        if peer in _HERE and peer not in services.current.settings.trusted:
            self._said = True
            _log.warning(
                "proxy.untrusted",
                peer=peer,
                effect="all players share one address and its limits",
                cure=f'server.trusted_proxies = ["{peer}"]',
            )


def _origins(services: Services) -> tuple[str, ...]:
    """The origins whose pages may call this route."""
    origins = services.current.settings.cors_origins
    if request.path == "/" or request.path.startswith(PLAYER_API):
        return origins
    if request.path.startswith(HOST_API):
        return tuple(origin for origin in origins if origin != "*")
    return ()


def _allow_origin(response: Response, origins: tuple[str, ...]) -> None:
    origin = request.headers.get("Origin")
    if "*" in origins:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif origin in origins and origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.add("Vary", "Origin")
    else:
        return
    response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After, X-Next-Cursor"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id"
        )
        response.headers["Access-Control-Max-Age"] = "600"


def _count(response: Response, services: Services) -> None:
    route = errors.route_pattern()
    spent = time.perf_counter() - g.started
    services.metrics.requests.labels(route, str(response.status_code)).inc()
    services.metrics.request_seconds.labels(route).observe(spent)
    # What players and floods do all day is counted; refusals that point at a mistake are told. Why
    # nothing can be served is said once, where it is found.
    quiet = response.status_code < 400 or response.status_code in (404, 429, 503)
    log = _log.debug if quiet else _log.info
    log(
        "http.request",
        method=request.method,
        route=route,
        status=response.status_code,
        **_refused(response, services),
        ms=round(spent * 1000, 1),
        request_id=g.request_id,
    )


def _refused(response: Response, services: Services) -> dict[str, str]:
    """Why, and where somebody comes from whose credential is wrong: another's host may be set up so."""
    code = g.get("refusal", None)
    if code is None:
        return {}
    is_stranger = response.status_code in (401, 403)
    where = {"address": address(services.current.settings)} if is_stranger else {}
    return {"code": code, **where}
