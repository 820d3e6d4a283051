"""Hot routes for supervisors (wire.md 9)."""

from __future__ import annotations

from matchd.http.answer import Answer, reply
from matchd.http.ask import Ask
from matchd.http.route import Route

_ALIVE = reply({"ok": True})


def routes() -> tuple[Route, ...]:
    """The routes."""

    async def healthz(_ask: Ask) -> Answer:
        return _ALIVE

    return (Route("GET", "/healthz", healthz),)
