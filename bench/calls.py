"""What benches ask of a store in this process, and the quiet in which they measure it.

Leases are so long that only the bench itself lets anything expire.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench.processes import cores
from matchd.daemon.tasks import GC_THRESHOLDS
from matchd.domain.bookings import Wanted
from matchd.domain.hosts import Beat, Leases, Status
from matchd.domain.ids import AddressKey, BookingId, HostId, Region, RoomId
from matchd.store.ports import Claim

START = 1_000_000.0
LEASES = Leases(ttl=1e9, lost_after=2e9)
HERE = Region("here")


def beat_of(number: int) -> Beat:
    """The heartbeat of an idle host."""
    return Beat(
        host_id=HostId(f"host-{number}"),
        room_id=RoomId(f"room-{number}"),
        region=HERE,
        status=Status.IDLE,
    )


def claim_of(number: int) -> Claim:
    """A player's wish for any host in the region, each player's first."""
    return Claim(
        id=BookingId(f"booking-{number}"),
        principal=f"u_{number}",
        owner=f"u_{number}",
        address_key=AddressKey("127.0.0.1"),
        guest=False,
        exempt=True,
        grant_hash=number.to_bytes(16, "big"),
        wanted=Wanted(classes=((HERE,),), anywhere=False),
        waits=False,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """The daemon's collector policy and the servers' core, for as long as this lasts."""
    thresholds, usable = gc.get_threshold(), os.sched_getaffinity(0)
    gc.set_threshold(*GC_THRESHOLDS)
    os.sched_setaffinity(0, {cores()[0]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
