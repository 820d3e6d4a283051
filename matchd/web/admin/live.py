"""Routes for administrators: who one is, how it goes, the TURN servers, the invariants."""

from __future__ import annotations

from quart import Blueprint, Response

from matchd.web.admin.guard import who
from matchd.web.context import Services
from matchd.web.requests import reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    admin = services.admin

    @routes.get("/api/admin/me")
    async def me() -> Response:
        caller = who()
        role, expires = caller.role.value, caller.expires_at
        return reply({"name": caller.account, "role": role, "expiresAt": expires})

    @routes.get("/api/admin/counters")
    async def counters() -> Response:
        sockets = services.rooms.open_sockets
        return reply({**await admin.live.counters(), "sockets": sockets})

    @routes.get("/api/admin/turn")
    async def turn() -> Response:
        return reply(await admin.turn.servers())

    @routes.get("/api/admin/check")
    async def check() -> Response:
        return reply(await admin.live.check())
