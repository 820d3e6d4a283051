"""What a claim costs in the embedded store as the pool grows, beside the specification's own way.

Both run in this process, in turn, on their own hosts; a claim counts with its release. The
specification scans every host's record, keeps those that would do, picks one and marks it; here its
records are dicts in memory, which spares it the Redis and the JSON that it has in earnest.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import trio

from bench.processes import cores
from bench.report import Table, middle, number, times
from bench.sizes import Sizes
from matchd.daemon.tasks import GC_THRESHOLDS
from matchd.domain.bookings import Cause, Terms, Wanted
from matchd.domain.hosts import Beat, Leases, Status
from matchd.domain.ids import AddressKey, BookingId, HostId, Region, RoomId
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Claim, Claimed

START = 1_000_000.0
LONG = 1e9
SCANNED = 200_000
"""Records the specification's way may look at in one round, so that it ends in time."""

_HERE = Region("here")
_SEED = 7


class _Embedded:
    """The embedded store with so many hosts."""

    def __init__(self, hosts: int) -> None:
        leases = Leases(ttl=LONG, lost_after=2 * LONG)
        self._store = EmbeddedStore(leases, Terms(), random.Random(_SEED))
        self._hosts = hosts
        self._now = START
        self._made = 0

    async def fill(self) -> None:
        """Register the hosts."""
        for number_ in range(self._hosts):
            beat = Beat(
                host_id=HostId(f"host-{number_}"),
                room_id=RoomId(f"room-{number_}"),
                region=_HERE,
                status=Status.IDLE,
            )
            await self._store.hosts.beat(beat, self._now)
        await trio.lowlevel.checkpoint()

    async def measure(self, count: int) -> float:
        """CPU µs of one claim with its release."""
        claims, bookings, now = self._claims(count), self._store.bookings, self._now
        began = time.process_time()
        for claim in claims:
            claimed = await bookings.claim(claim, now)
            assert isinstance(claimed, Claimed)
            await bookings.release(claim.id, Cause.RELEASED, now)
        spent = time.process_time() - began
        # What is over is remembered for minutes; forget it now, so that all rounds are alike.
        for _ in range(2):
            self._now += 1000
            await self._store.sweep(self._now)
        return spent / count * 1e6

    def _claims(self, count: int) -> list[Claim]:
        first, self._made = self._made, self._made + count
        return [_claim(first + index) for index in range(count)]


def _claim(index: int) -> Claim:
    return Claim(
        id=BookingId(f"booking-{index}"),
        principal="u_bench",
        owner="u_bench",
        address_key=AddressKey("127.0.0.1"),
        guest=False,
        exempt=True,
        grant_hash=index.to_bytes(16, "big"),
        wanted=Wanted(classes=((_HERE,),), anywhere=False),
        waits=False,
    )


class _Record(msgspec.Struct):
    status: str
    region: str
    last_heartbeat: float


class _Scanning:
    """The specification's way with so many hosts."""

    def __init__(self, hosts: int) -> None:
        self._records = [_Record("idle", _HERE, START) for _ in range(hosts)]
        self._random = random.Random(_SEED)

    def measure(self, count: int) -> float:
        """CPU µs of one claim with its release."""
        oldest = START - 30
        began = time.process_time()
        for _ in range(count):
            idle = [
                record
                for record in self._records
                if record.status == "idle"
                and record.region == _HERE
                and record.last_heartbeat > oldest
            ]
            chosen = self._random.choice(idle)
            chosen.status = "allocated"
            chosen.status = "idle"
        return (time.process_time() - began) / count * 1e6


def run(sizes: Sizes) -> Table:
    """Measure every size of the pool."""
    with _quiet():
        results = trio.run(_measure_all, sizes)
    first = sizes.pools[0]
    ours = {hosts: middle(pair[0] for pair in results[hosts]) for hosts in sizes.pools}
    scan = {hosts: middle(pair[1] for pair in results[hosts]) for hosts in sizes.pools}
    return Table(
        title=f"pool: a claim with its release in the embedded store, medians of {sizes.rounds} "
        f"rounds of {sizes.claims:,}",
        columns=("hosts", "matchd µs", f"to {first}", "scan µs", f"to {first}", "scan to matchd"),
        rows=tuple(
            (
                f"{hosts:,}",
                number(ours[hosts]),
                times(ours[hosts], ours[first]),
                number(scan[hosts]),
                times(scan[hosts], scan[first]),
                times(scan[hosts], ours[hosts]),
            )
            for hosts in sizes.pools
        ),
        notes=("µs of CPU. Scan: the specification's algorithm on records in memory.",),
    )


async def _measure_all(sizes: Sizes) -> dict[int, list[tuple[float, float]]]:
    pools = {hosts: (_Embedded(hosts), _Scanning(hosts)) for hosts in sizes.pools}
    results: dict[int, list[tuple[float, float]]] = {hosts: [] for hosts in sizes.pools}
    for embedded, _scanning in pools.values():
        await embedded.fill()
    await trio.lowlevel.checkpoint()
    gc.collect()
    gc.freeze()
    for _ in range(sizes.rounds):
        for hosts, (embedded, scanning) in pools.items():
            scans = min(sizes.claims, max(2, SCANNED // hosts))
            results[hosts].append((await embedded.measure(sizes.claims), scanning.measure(scans)))
    return results


@contextmanager
def _quiet() -> Iterator[None]:
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
