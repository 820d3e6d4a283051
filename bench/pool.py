"""What a claim costs in the embedded store as the pool grows, beside the specification's own way.

Both run in this process, in turn, on their own hosts; a claim counts with its release. The
specification scans every host's record, keeps those that would do, picks one and marks it; here its
records are dicts in memory, which spares it the Redis and the JSON that it has in earnest.
"""

from __future__ import annotations

import gc
import random
import time

import msgspec
import trio

from bench.calls import HERE, LEASES, START, beat_of, claim_of, quiet
from bench.report import Table, middle, number, times
from bench.sizes import Sizes
from matchd.domain.bookings import Cause, Terms
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Claim, Claimed

SCANNED = 200_000
"""Records the specification's way may look at in one round, so that it ends in time."""

_SEED = 7


class _Embedded:
    """The embedded store with so many hosts."""

    def __init__(self, hosts: int) -> None:
        self._store = EmbeddedStore(LEASES, Terms(), random.Random(_SEED))
        self._hosts = hosts
        self._now = START
        self._made = 0

    async def fill(self) -> None:
        """Register the hosts."""
        for index in range(self._hosts):
            await self._store.hosts.beat(beat_of(index), self._now)
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
        return [claim_of(first + index) for index in range(count)]


class _Record(msgspec.Struct):
    status: str
    region: str
    last_heartbeat: float


class _Scanning:
    """The specification's way with so many hosts."""

    def __init__(self, hosts: int) -> None:
        self._records = [_Record("idle", HERE, START) for _ in range(hosts)]
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
                and record.region == HERE
                and record.last_heartbeat > oldest
            ]
            chosen = self._random.choice(idle)
            chosen.status = "allocated"
            chosen.status = "idle"
        return (time.process_time() - began) / count * 1e6


def run(sizes: Sizes) -> Table:
    """Measure every size of the pool."""
    with quiet():
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
