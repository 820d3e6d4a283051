"""Routes for administrators: who one is, how it goes, the TURN servers, the invariants, this node."""

from __future__ import annotations

import time

from quart import Blueprint, Response

from matchd import __version__, log
from matchd.protocol.live import Myself, NodeStatus
from matchd.services.turn_health import entries
from matchd.web.admin.guard import who
from matchd.web.context import Services
from matchd.web.requests import reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    admin, current = services.admin, services.current
    began, started = time.monotonic(), time.time()

    @routes.get("/api/admin/me")
    async def me() -> Response:
        caller = who()
        role, expires = caller.role.value, caller.expires_at
        return reply(Myself(name=caller.account, role=role, expires_at=expires))

    @routes.get("/api/admin/counters")
    async def counters() -> Response:
        return reply(await admin.live.counters(services.rooms.open_sockets))

    @routes.get("/api/admin/turn")
    async def turn() -> Response:
        return reply(entries(current))

    @routes.get("/api/admin/check")
    async def check() -> Response:
        return reply(await admin.live.check())

    @routes.get("/api/admin/status")
    async def status() -> Response:
        return reply(
            NodeStatus(
                version=__version__,
                node=services.tracer.node,
                started=started,
                uptime=time.monotonic() - began,
                turn=tuple(server.name for server in current.settings.turn.servers),
                troubles=log.troubles(),
            )
        )
