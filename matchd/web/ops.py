"""Routes for supervisors: ready, metrics (wire.md 9). `/healthz` is hot: `matchd.http`."""

from __future__ import annotations

import hmac

from quart import Blueprint, Response, request

from matchd.errors import Forbidden, StoreUnavailable, Unavailable
from matchd.services.settings import Settings
from matchd.web.context import Services
from matchd.web.errors import answer
from matchd.web.requests import address, bearer, peer_host, reply


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("ops", __name__)
    current, metrics = services.current, services.metrics

    @routes.get("/readyz")
    async def readyz() -> Response:
        reasons = await _reasons(services)
        if not reasons:
            advice = [*current.advice, *current.turn_advice]
            return reply({"ok": True, "reasons": [], **({"advice": advice} if advice else {})})
        return answer(Unavailable(f"Not ready: {'; '.join(reasons)}."), reasons=reasons)

    @routes.get("/metrics")
    async def metrics_page() -> Response:
        _admit(current.settings)
        await _count_pool(services)
        metrics.draining.set(current.draining or current.drained)
        return Response(metrics.render(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


async def _reasons(services: Services) -> list[str]:
    """Why the daemon is not ready; empty when it is."""
    reasons = []
    if services.current.draining:
        reasons.append("draining")
    elif services.current.drained:
        reasons.append("drained: an administrator has this node take no new matches")
    node = await services.nodes.ready()
    if node is not None:
        reasons.append(node)
    settings = services.current.settings
    if not settings.turn.servers and not settings.dev:
        reasons.append("turn: no [[turn.server]] is configured, so no credentials can be minted")
    return reasons


async def _count_pool(services: Services) -> None:
    """Read the pool's counters; without a store there are none, but the rest is told all the same."""
    metrics = services.metrics
    try:
        counts = await services.store.hosts.counts()
        lobbies = await services.store.lobbies.counts()
        play = await services.store.games.play_counts()
    except StoreUnavailable:
        metrics.store_up.set(0)
        metrics.hosts.clear()
        metrics.bookings.clear()
        metrics.lobbies.clear()
        return
    metrics.store_up.set(1)
    metrics.hosts.labels("alive").set(counts.alive)
    metrics.hosts.labels("free").set(counts.free)
    metrics.bookings.labels("held").set(counts.held)
    metrics.bookings.labels("connected").set(counts.connected)
    metrics.bookings.labels("waiting").set(counts.waiting)
    metrics.lobbies.labels("waiting").set(lobbies.waiting)
    metrics.lobbies.labels("in_progress").set(lobbies.in_progress)
    metrics.queued.set(play.tickets)
    metrics.playing.set(play.games)


def _admit(settings: Settings) -> None:
    token, given = settings.metrics_token, bearer()
    if token is not None and hmac.compare_digest(token.encode(), (given or "").encode()):
        return
    # A proxy on this machine that is not trusted would make everybody look local.
    hidden = "X-Forwarded-For" in request.headers and peer_host() not in settings.trusted
    if hidden or address(settings) not in settings.metrics_allow:
        raise Forbidden("This address may not read the metrics; send the metrics token.")
