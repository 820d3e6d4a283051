"""Live counters: what the store counts for all nodes, and what this one has measured (wire.md 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from prometheus_client import Metric

from matchd.protocol.live import (
    BookingCount,
    Checked,
    Here,
    HostCount,
    LobbyCount,
    Overview,
    Waits,
)
from matchd.services.census import Census
from matchd.services.core import Core


class Series(Protocol):
    """A series of the metrics."""

    def collect(self) -> Iterable[Metric]:
        """Its samples."""


class LiveService:
    """Counts."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._census = Census(core)

    async def counters(self, sockets: int) -> Overview:
        """What there is now, in the store and on this node, with so many `sockets`."""
        store, current = self._core.store, self._core.current
        hosts = await store.hosts.counts()
        lobbies = await store.lobbies.counts()
        play = await store.games.play_counts()
        here = self._here()
        return Overview(
            at=self._core.clock.wall(),
            hosts=HostCount(alive=hosts.alive, free=hosts.free),
            regions=await self._census.regions(),
            bookings=BookingCount(held=hosts.held, connected=hosts.connected),
            waiting=hosts.waiting,
            lobbies=LobbyCount(waiting=lobbies.waiting, in_progress=lobbies.in_progress),
            queued=play.tickets,
            games=play.games,
            accounts=await store.accounts.count(),
            sockets=sockets,
            draining=current.draining,
            drained=current.drained,
            here=here,
        )

    async def check(self) -> Checked:
        """The invariants, checked now."""
        violations = await self._core.store.violations()
        return Checked(ok=not violations, violations=tuple(violations))

    def _here(self) -> Here:
        metrics = self._core.metrics
        return Here(
            node=self._core.hub.node,
            requests=sum(_by(metrics.requests, "status").values()),
            connections=int(sum(value for _, value in _samples(metrics.connections, ""))),
            sockets=_by(metrics.sockets, "dialect", kind=""),
            finds=_by(metrics.finds, "outcome"),
            waits=_waits(metrics.wait_seconds),
            queue_waits=_waits(metrics.queue_seconds),
            minted=_by(metrics.minted, "server"),
            refused=_by(metrics.refusals, "code"),
            closed=_by(metrics.closes, "code"),
            faults=_by(metrics.faults, "guard"),
        )


def _samples(series: Series, kind: str) -> Iterable[tuple[dict[str, str], float]]:
    """The samples of one kind: `_total` of counters, `_sum` and `_count` of histograms."""
    for metric in series.collect():
        for sample in metric.samples:
            if sample.name == metric.name + kind:
                yield sample.labels, sample.value


def _by(series: Series, label: str, *, kind: str = "_total") -> dict[str, int]:
    found = Counter[str]()
    for labels, value in _samples(series, kind):
        found[labels[label]] += int(value)
    return dict(found)


def _waits(series: Series) -> Waits:
    count = sum(value for _, value in _samples(series, "_count"))
    return Waits(count=int(count), seconds=sum(value for _, value in _samples(series, "_sum")))
