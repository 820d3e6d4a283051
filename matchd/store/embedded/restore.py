"""A booking that the store has forgotten, taken back from the node that holds its player's socket.

A store loses its memory in a crash or a failover; the player is still there. His slot is his unless
it was promised to another by now. Where the host has not beaten since, a place is kept for it: a host
that is quiet and without slots, to be filled in by its next beat. Backend-internal; the Redis backend
has the same steps in lua/affirm_player.lua.
"""

from __future__ import annotations

import msgspec

from matchd.domain.bookings import Booking, State
from matchd.domain.hosts import Host
from matchd.store.embedded.pool import Pool


def restore_booking(pool: Pool, booking: Booking, now: float) -> Booking | None:
    """Take a booking back as held from now on; None when its slot is gone or its key is taken."""
    host = None if _is_superseded(pool, booking) else _host_for(pool, booking, now)
    if host is None:
        return None
    mine = msgspec.structs.replace(
        booking,
        state=State.HELD,
        claimed_at=now,
        kept_until=0.0,
        connected_at=0.0,
        player_here=False,
        vouched=False,
        waiter=None,
    )
    pool.add(mine)
    host.bookings.append(mine.id)
    pool.settle(host, now)
    pool.watch(mine)
    return mine


def _is_superseded(pool: Pool, booking: Booking) -> bool:
    """Whether its player has found another match meanwhile, or uses its idempotency key again."""
    if booking.key_hash is not None and (booking.principal, booking.key_hash) in pool.keys:
        return True
    return not booking.guest and booking.principal in pool.unconnected


def _host_for(pool: Pool, booking: Booking, now: float) -> Host | None:
    assert booking.host_id is not None
    assert booking.room_id is not None
    assert booking.region is not None
    host = pool.hosts.get(booking.host_id)
    if host is not None:
        if host.capacity == 0:
            host.slots_at = now  # a kept place has as many slots as come back
        full = len(host.bookings) >= host.capacity > 0
        return None if full or host.room_id != booking.room_id else host
    if booking.room_id in pool.room_hosts:
        return None
    host = pool.hosts[booking.host_id] = Host(
        id=booking.host_id,
        room_id=booking.room_id,
        region=booking.region,
        capacity=0,
        first_seen=now,
        seen_at=now - pool.leases.ttl,
        slots_at=now,
    )
    pool.quiet.add(host.id)
    pool.room_hosts[host.room_id] = host.id
    room = pool.rooms.get(host.room_id)
    host.in_room = room is not None and room.host is not None
    return host
