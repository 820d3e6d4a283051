"""Routes for administrators: accounts, and banning them. Somebody is named by his name or his id."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.protocol.moderation import BanBody
from matchd.web.admin.guard import about
from matchd.web.admin.listing import PAGE, paged, wanted
from matchd.web.context import Services
from matchd.web.requests import body, limit, reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    moderation = services.admin.moderation

    @routes.get("/api/admin/accounts")
    async def accounts() -> Response:
        cursor, count = request.args.get("cursor"), limit(PAGE, PAGE)
        return paged(await moderation.page(wanted(), cursor, count))

    @routes.get("/api/admin/accounts/<name>")
    async def account(name: str) -> Response:
        shown = await moderation.show(name)
        about(account=shown.id)
        return reply(shown)

    @routes.post("/api/admin/accounts/<name>/ban")
    async def ban(name: str) -> Response:
        found, order = await moderation.find(name), await body(BanBody)
        about(why=order.reason, account=found.id)
        return reply(await moderation.ban(found.id, order))

    @routes.post("/api/admin/accounts/<name>/unban")
    async def unban(name: str) -> Response:
        found = await moderation.find(name)
        about(account=found.id)
        return reply(await moderation.unban(found.id))
