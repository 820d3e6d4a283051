"""The hot routes of `matchd.http`, carried by quart; the express lane carries them without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart import Blueprint, Response

from matchd.http.route import Route
from matchd.http.routes import hot_routes
from matchd.web.context import Services
from matchd.web.requests import current_ask, read_body, response_of


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("hot", __name__)
    for route in hot_routes(services.hot):
        name = route.handler.__name__
        routes.add_url_rule(route.pattern, name, _carried(route), methods=[route.method])
    return routes


def _carried(route: Route) -> Callable[..., Awaitable[Response]]:
    async def carry(**named: str) -> Response:
        ask = current_ask()
        ask.named = next(iter(named.values()), "")
        if route.method == "POST":
            ask.body = await read_body()
        return response_of(await route.handler(ask))

    return carry
