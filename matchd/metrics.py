"""What is counted and measured, in Prometheus' terms. One object, made by the daemon and handed in.

Labels are few and closed: outcomes, reasons, route patterns, server names. Never an id or address.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_PAUSE = (0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)


class Metrics:
    """All series of one daemon."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "matchd_http_requests", "HTTP requests", ("route", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            "matchd_http_request_seconds",
            "Time to answer",
            ("route",),
            buckets=_FAST,
            registry=registry,
        )
        self.faults = Counter(
            "matchd_faults", "Errors of our own, by guard", ("guard",), registry=registry
        )
        self.refusals = Counter(
            "matchd_refusals",
            "Requests refused, by the code of the error",
            ("code",),
            registry=registry,
        )
        self.connections = Gauge(
            "matchd_connections", "Open connections at the listener", registry=registry
        )
        self.refused = Counter(
            "matchd_refused_connections", "Connections turned away", ("reason",), registry=registry
        )
        self.sockets = Gauge("matchd_sockets", "Open WebSockets", ("dialect",), registry=registry)
        self.closes = Counter(
            "matchd_socket_closes", "WebSockets closed by us", ("code",), registry=registry
        )
        self.signals = Counter("matchd_signals", "Relayed messages", registry=registry)
        self.dropped = Counter(
            "matchd_dropped_messages", "Messages not relayed", ("reason",), registry=registry
        )
        self.limited = Counter(
            "matchd_limited", "Refusals by a rate limit", ("what",), registry=registry
        )
        self.finds = Counter("matchd_finds", "Finds by outcome", ("outcome",), registry=registry)
        self.wait_seconds = Histogram(
            "matchd_line_wait_seconds",
            "Time in the line until a slot",
            buckets=(0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300),
            registry=registry,
        )
        self.bookings_over = Counter(
            "matchd_bookings_over", "Bookings that ended", ("state", "cause"), registry=registry
        )
        self.heartbeats = Counter("matchd_heartbeats", "Heartbeats taken in", registry=registry)
        self.unwritten = Counter(
            "matchd_journal_dropped", "Lines that no book has", ("book",), registry=registry
        )
        self.minted = Counter(
            "matchd_turn_minted", "TURN credentials minted", ("server",), registry=registry
        )
        self.hosts = Gauge("matchd_hosts", "Hosts", ("state",), registry=registry)
        self.bookings = Gauge("matchd_bookings", "Bookings", ("state",), registry=registry)
        self.lobbies = Gauge("matchd_lobbies", "Lobbies", ("state",), registry=registry)
        self.lobby_events = Counter(
            "matchd_lobby_events", "What became of lobbies", ("event",), registry=registry
        )
        self.moves = Counter("matchd_game_moves", "Moves and actions relayed", registry=registry)
        self.queued = Gauge("matchd_queue", "Places in the queue", registry=registry)
        self.playing = Gauge("matchd_games", "Games that are not over", registry=registry)
        self.games = Counter("matchd_games_over", "Games by end", ("reason",), registry=registry)
        self.queue_seconds = Histogram(
            "matchd_queue_wait_seconds",
            "Time in the queue until a game",
            buckets=(0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300),
            registry=registry,
        )
        self.gc_pause = Histogram(
            "matchd_gc_pause_seconds", "Garbage collector pauses", buckets=_PAUSE, registry=registry
        )
        self.store_up = Gauge(
            "matchd_store_up", "1 while the store can be used, as of this answer", registry=registry
        )
        self.draining = Gauge(
            "matchd_draining", "1 while the daemon drains, or is drained", registry=registry
        )

    def render(self) -> bytes:
        """The exposition text (Prometheus 0.0.4)."""
        return generate_latest(self.registry)
