"""The documents that say what this server is, and the page that shows them (wire.md 9).

They are the same for everybody and need no login, so tools of any origin may read them.
"""

from __future__ import annotations

import functools

from quart import Blueprint, Response, request

from matchd.web.context import Services
from matchd.web.described import asyncapi, openapi
from matchd.web.site import FOR_ALL, Asset, Site


def create_blueprint(services: Services) -> Blueprint:  # noqa: ARG001  # as all routes are made
    """The routes."""
    routes = Blueprint("docs", __name__)
    site = Site()

    @routes.get("/openapi.json")
    async def http() -> Response:
        return site.answer(_openapi(), FOR_ALL)

    @routes.get("/asyncapi.json")
    async def sockets() -> Response:
        return site.answer(_asyncapi(), FOR_ALL)

    @routes.get("/docs")
    async def page() -> Response:
        return site.docs()

    @routes.get("/docs/<name>")
    async def file(name: str) -> Response:  # noqa: ARG001  # the path as a whole is the name
        return site.file(request.path)

    return routes


@functools.cache
def _openapi() -> Asset:
    return Asset.of("openapi.json", openapi.document())


@functools.cache
def _asyncapi() -> Asset:
    return Asset.of("asyncapi.json", asyncapi.document())
