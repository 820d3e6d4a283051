"""Routes for administrators, a module for each noun (wire.md 9). Imported by `web.app` alone."""

from __future__ import annotations

from quart import Blueprint

from matchd.web.admin import accounts, guard, journal, live, nodes, play, pool, reports
from matchd.web.context import Services


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services, behind one guard."""
    routes = Blueprint("admin", __name__)
    guard.install(routes, services)
    for module in (pool, play, accounts, reports, nodes, live, journal):
        module.add(routes, services)
    return routes
