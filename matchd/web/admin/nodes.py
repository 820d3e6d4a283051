"""Routes for administrators: the nodes that share the store, and draining them."""

from __future__ import annotations

from collections.abc import Iterable

from quart import Blueprint, Response

from matchd.errors import InvalidRequest
from matchd.protocol.live import DrainBody, NodeEntry
from matchd.store.ports import NodeView
from matchd.web.admin.guard import about
from matchd.web.context import Services
from matchd.web.requests import body, reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    draining = services.admin.draining

    def entries(nodes: Iterable[NodeView]) -> list[NodeEntry]:
        here = draining.here
        return [NodeEntry(id=one.id, here=one.id == here, drained=one.drained) for one in nodes]

    @routes.get("/api/admin/nodes")
    async def nodes() -> Response:
        return reply(entries(await draining.nodes()))

    @routes.post("/api/admin/drain")
    async def drain() -> Response:
        order = await body(DrainBody)
        if order.all and order.node is not None:
            raise InvalidRequest("`node` and `all` exclude each other.")
        name = None if order.all else order.node or draining.here
        found = entries(await draining.switch(name, drained=order.on))
        about(why="on" if order.on else "off", node=name or "all")
        return reply(found)
