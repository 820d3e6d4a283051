"""Hot routes of the host API (wire.md 2.1, 2.2)."""

from __future__ import annotations

from matchd.http.answer import Answer, reply
from matchd.http.ask import Ask
from matchd.http.route import HotServices, Route
from matchd.protocol.hosts import HeartbeatBody, StatusBody


def routes(services: HotServices) -> tuple[Route, ...]:
    """The routes, bound to their services."""
    current, auth, hosts = services.current, services.auth, services.hosts

    async def heartbeat(ask: Ask) -> Answer:
        caller = auth.host(ask.bearer(), ask.address(current.settings))
        return reply(await hosts.beat(caller, ask.decoded(HeartbeatBody)))

    async def status(ask: Ask) -> Answer:
        caller = auth.host(ask.bearer(), ask.address(current.settings))
        return reply(await hosts.say(caller, ask.decoded(StatusBody)))

    return (
        Route("POST", "/api/host/heartbeat", heartbeat),
        Route("POST", "/api/host/status", status),
    )
