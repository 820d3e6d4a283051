"""Routes for administrators: hosts, their bookings, and who is in which room."""

from __future__ import annotations

from collections.abc import Iterable

from quart import Blueprint, Response

from matchd.protocol.hosts import HostRecord
from matchd.protocol.pool_lists import BookingEntry, RoomEntry
from matchd.services.searching import Listed
from matchd.web.admin.listing import listed
from matchd.web.context import Services
from matchd.web.requests import reply


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    hosts = Listed(services.hosts.page, lambda host: host.host_id, _of_host)
    bookings = Listed(services.bookings.page, lambda one: one.booking_id, _of_booking)
    rooms = Listed(services.rooms.page, lambda room: room.room_id, _of_room)

    @routes.get("/api/hosts")
    @routes.get("/api/admin/hosts")
    async def all_hosts() -> Response:
        return await listed(hosts)

    @routes.get("/api/hosts/ttl")
    async def ttls() -> Response:
        return reply(await services.hosts.ttls())

    @routes.get("/api/admin/bookings")
    async def all_bookings() -> Response:
        return await listed(bookings)

    @routes.get("/api/admin/rooms")
    async def all_rooms() -> Response:
        return await listed(rooms)


def _of_host(host: HostRecord) -> Iterable[str | None]:
    return (host.host_id, host.room_id, host.region, host.game, host.public_ip, *host.bookings)


def _of_booking(one: BookingEntry) -> Iterable[str | None]:
    return (one.booking_id, one.host_id, one.room_id, one.region, one.owner, one.state, one.cause)


def _of_room(room: RoomEntry) -> Iterable[str | None]:
    players = (player.booking_id for player in room.players)
    return (room.room_id, room.host_id, *players)
