"""The one table of hot routes: those that are asked all day. Both edges serve them from here."""

from __future__ import annotations

from matchd.http import bookings, games, hosts, ops
from matchd.http.route import HotServices, Route


def hot_routes(services: HotServices) -> tuple[Route, ...]:
    """Every hot route, bound to its services."""
    return (
        *hosts.routes(services),
        *bookings.routes(services),
        *games.routes(services),
        *ops.routes(),
    )
