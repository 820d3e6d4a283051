"""Hot routes of the queue (wire.md 6)."""

from __future__ import annotations

from matchd.http.answer import Answer, reply
from matchd.http.ask import Ask
from matchd.http.route import HotServices, Route
from matchd.protocol.games import JoinBody


def routes(services: HotServices) -> tuple[Route, ...]:
    """The routes, bound to their services."""
    current, auth, queue = services.current, services.auth, services.queue

    async def join(ask: Ask) -> Answer:
        caller = auth.member(ask.bearer(), ask.address(current.settings))
        return reply(await queue.join(caller, ask.decoded(JoinBody, optional=True)))

    return (Route("POST", "/game/join", join),)
