"""The document that says what this server is (wire.md 9).

It is the same for everybody and needs no login, so tools of any origin may read it.
"""

from __future__ import annotations

import functools

from quart import Blueprint, Response

from matchd.web.context import Services
from matchd.web.described import openapi
from matchd.web.site import FOR_ALL, Asset, Site


def create_blueprint(services: Services) -> Blueprint:  # noqa: ARG001  # as all routes are made
    """The routes."""
    routes = Blueprint("docs", __name__)
    site = Site()

    @routes.get("/openapi.json")
    async def http() -> Response:
        return site.answer(_openapi(), FOR_ALL)

    return routes


@functools.cache
def _openapi() -> Asset:
    return Asset.of("openapi.json", openapi.document())
