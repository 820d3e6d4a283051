"""TURN servers that do not answer: left out of what players are told, and taken back when they do.

What is known comes from outside, as the reports of `matchd probe`: a daemon that is confined has no
network of its own to look with. `take` and `age` say when open sockets need other servers.
"""

from __future__ import annotations

from matchd.clock import Clock
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.protocol.live import ProbeView, TurnEntry
from matchd.services.settings import Current
from matchd.turn.health import Health, Probed, ProbeReport

_log = get_logger()

OLDEST = 600.0
"""Seconds after which a report says nothing any more, if probes are not rarer than a third of that."""


def entries(current: Current) -> tuple[TurnEntry, ...]:
    """The configured servers, as administrators see them."""
    report = current.turn_report
    seen = {} if report is None else {one.name: (report.at, one) for one in report.servers}
    told = {server.name for server in current.turn.servers}
    return tuple(
        TurnEntry(
            name=server.name,
            urls=server.urls,
            regions=server.regions,
            weight=server.weight,
            offered=server.name in told,
            probe=_view(*seen[server.name]) if server.name in seen else None,
        )
        for server in current.settings.turn.servers
    )


def _view(at: int, found: Probed) -> ProbeView:
    rtt = None if found.rtt is None else round(found.rtt * 1000, 1)
    return ProbeView(at=at, ok=found.ok, rtt_ms=rtt, cause=found.cause or None)


class TurnHealth:
    """What is believed of the configured servers."""

    def __init__(self, current: Current, clock: Clock, metrics: Metrics) -> None:
        self._current = current
        self._clock = clock
        self._metrics = metrics
        self._health = Health()

    def take(self, report: ProbeReport) -> bool:
        """Take a report in; True if players are to be told of other servers now."""
        if self._is_old(report):
            return self.age()
        names = [server.name for server in self._current.settings.turn.servers]
        changed = self._health.take(report, names)
        causes = self._health.causes()
        for name in sorted(changed):
            if name in self._health.down:
                _log.warning("turn.unhealthy", server=name, reason=causes[name])
            else:
                _log.info("turn.healthy", server=name)
        self._metrics.turn_healthy.clear()
        for one in report.servers:
            if one.name in names:
                self._metrics.turn_healthy.labels(one.name).set(one.name not in self._health.down)
        return self._apply()

    def age(self) -> bool:
        """Forget a report that is too old; True if players are to be told of other servers now."""
        report = self._health.report
        if report is None or not self._is_old(report):
            return False
        _log.warning("turn.unprobed", effect="every TURN server counts as healthy", at=report.at)
        self._health.forget()
        self._metrics.turn_healthy.clear()
        return self._apply()

    def _is_old(self, report: ProbeReport) -> bool:
        oldest = max(OLDEST, 3 * self._current.settings.turn_probe)
        return self._clock.wall() - report.at > oldest

    def _apply(self) -> bool:
        current, health = self._current, self._health
        former, current.turn_down = current.turn, health.down
        told = {server.name for server in current.turn.servers}
        all_the_same = "told of it all the same, since no other is left"
        current.turn_report = health.report
        current.turn_advice = tuple(
            f"turn server {name}: {cause}; players are "
            f"{all_the_same if name in told else 'not told of it'}"
            for name, cause in health.causes().items()
        )
        return current.turn is not former
