"""What is counted and measured, in Prometheus' terms. One object, made by the daemon and handed in.

Labels are few and closed: outcomes, reasons, route patterns, server names. Never an id or address.
`config/grafana-dashboard.json` and `config/alerts.yml` name these series; a test compares.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_PAUSE = (0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_WAIT = (0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)


class Tally:
    """A counter that is one addition, for what happens with every frame: the loop alone counts it."""

    def __init__(self, name: str, text: str, registry: CollectorRegistry) -> None:
        self._name = name
        self._text = text
        self._created = time.time()
        self._count = 0
        registry.register(self)

    def inc(self) -> None:
        """Count one."""
        self._count += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What Prometheus is told."""
        yield CounterMetricFamily(self._name, self._text, self._count, created=self._created)


class _Maker:
    """Makes the series of one registry: a name, what it says, its labels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def count(self, name: str, text: str, *labels: str) -> Counter:
        """What only grows; `_total` is put behind its name."""
        return Counter(f"matchd_{name}", text, labels, registry=self._registry)

    def tally(self, name: str, text: str) -> Tally:
        """The same, for what happens most."""
        return Tally(f"matchd_{name}", text, self._registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """What goes up and down."""
        return Gauge(f"matchd_{name}", text, labels, registry=self._registry)

    def times(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = _WAIT
    ) -> Histogram:
        """Seconds, counted by their size."""
        return Histogram(f"matchd_{name}", text, labels, buckets=buckets, registry=self._registry)


class Metrics:
    """All series of one daemon."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        make = _Maker(self.registry)
        self._add_edges(make)
        self._add_matches(make)
        self._add_play(make)
        self._add_process(make)

    def render(self) -> bytes:
        """The exposition text (Prometheus 0.0.4)."""
        return generate_latest(self.registry)

    def _add_edges(self, make: _Maker) -> None:
        self.requests = make.count("http_requests", "HTTP requests", "route", "status")
        self.request_seconds = make.times(
            "http_request_seconds", "Time to answer", "route", buckets=_FAST
        )
        self.refusals = make.count("refusals", "Requests refused, by the code of the error", "code")
        self.limited = make.count("limited", "Refusals by a rate limit", "what")
        self.connections = make.gauge("connections", "Open connections at the listener")
        self.refused = make.count("refused_connections", "Connections turned away", "reason")
        self.sockets = make.gauge("sockets", "Open WebSockets", "dialect")
        self.closes = make.count("socket_closes", "WebSockets closed by us", "code")
        self.signals = make.tally("signals", "Relayed messages")
        self.dropped = make.count("dropped_messages", "Messages not relayed", "reason")

    def _add_matches(self, make: _Maker) -> None:
        self.hosts = make.gauge("hosts", "Hosts", "state")
        self.heartbeats = make.count("heartbeats", "Heartbeats taken in")
        self.finds = make.count("finds", "Finds by outcome", "outcome")
        self.wait_seconds = make.times("line_wait_seconds", "Time in the line until a slot")
        self.bookings = make.gauge("bookings", "Bookings", "state")
        self.bookings_over = make.count("bookings_over", "Bookings that ended", "state", "cause")
        self.minted = make.count("turn_minted", "TURN credentials minted", "server")
        self.turn_healthy = make.gauge(
            "turn_server_healthy", "1 while the probe finds the TURN server well", "server"
        )

    def _add_play(self, make: _Maker) -> None:
        self.lobbies = make.gauge("lobbies", "Lobbies", "state")
        self.lobby_events = make.count("lobby_events", "What became of lobbies", "event")
        self.queued = make.gauge("queue", "Places in the queue")
        self.queue_seconds = make.times("queue_wait_seconds", "Time in the queue until a game")
        self.playing = make.gauge("games", "Games that are not over")
        self.games = make.count("games_over", "Games by end", "reason")
        self.moves = make.count("game_moves", "Moves and actions relayed")

    def _add_process(self, make: _Maker) -> None:
        self.faults = make.count("faults", "Errors of our own, by guard", "guard")
        self.unwritten = make.count("journal_dropped", "Lines that no book has", "book")
        self.gc_pause = make.times("gc_pause_seconds", "Garbage collector pauses", buckets=_PAUSE)
        self.store_up = make.gauge("store_up", "1 while the store can be used, as of this answer")
        self.draining = make.gauge("draining", "1 while the daemon drains, or is drained")
