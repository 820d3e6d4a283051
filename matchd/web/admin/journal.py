"""Routes for administrators: the journal, the audit log, and what happened to one thing."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.domain.journal import Book
from matchd.protocol.journal import TraceAnswer, leaf, view
from matchd.web.admin.guard import about
from matchd.web.context import Services
from matchd.web.requests import limit, number, reply

PAGE, MOST = 100, 1000


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    tracer = services.tracer

    @routes.get("/api/admin/trace/<path:name>")
    async def trace(name: str) -> Response:
        about(why=f"of {name}")
        found, lines = await tracer.trace(name)
        return reply(TraceAnswer(found, tuple(map(view, lines))))

    @routes.get("/api/admin/journal")
    async def journal() -> Response:
        return await _page(Book.JOURNAL)

    @routes.get("/api/admin/audit")
    async def audit() -> Response:
        return await _page(Book.AUDIT)

    async def _page(book: Book) -> Response:
        after, count = number("after"), limit(PAGE, MOST)
        return reply(leaf(await tracer.page(book, after, count, request.args.get("event"))))
