"""What every request and every answer has in common, on every route and at both edges.

Owns the limit per address, the security headers, the counters and the log line. Times and
ids are stamped by `Ask`.
"""

from __future__ import annotations

import time

from prometheus_client import Counter, Histogram

from matchd import log
from matchd.domain.addresses import Networks
from matchd.errors import InternalError, Outsider, Refusal
from matchd.http.answer import Answer, refused
from matchd.http.ask import FORWARDED, Ask
from matchd.metrics import Metrics
from matchd.services.auth import Authenticator
from matchd.services.limits import Limiter
from matchd.services.settings import Current

_log = log.get_logger()

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer says, unless its route says otherwise."""

_UNLIMITED = ("/healthz", "/readyz", "/metrics")
_HERE = Networks(("127.0.0.0/8", "::1", "unix:"))


class Desk:
    """Where every request is received and every answer leaves; one for both edges."""

    def __init__(
        self, current: Current, auth: Authenticator, limiter: Limiter, metrics: Metrics
    ) -> None:
        # fixed after construction
        self.current = current
        self._auth = auth
        self._limiter = limiter
        self._metrics = metrics
        # changed only in sync functions
        self._warned = False
        self._answered: dict[tuple[str, int], Counter] = {}
        self._spent: dict[str, Histogram] = {}

    def admit(self, ask: Ask) -> None:
        """Spend one request of the address; RateLimited, or Outsider where nobody is served."""
        settings = self.current.settings
        if not self._warned and FORWARDED in ask.headers:
            self._warn_of_proxy(ask.peer)
        if ask.path not in _UNLIMITED:
            caller = self._auth.guest(ask.address(settings))
            self._limiter.check_address(caller.address, caller.address_key, "requests")
            if self.current.outsider:
                raise Outsider(retry_after=5)

    def refuse(self, ask: Ask, refusal: Refusal) -> Answer:
        """Count a refusal and answer it."""
        self._metrics.refusals.labels(refusal.code).inc()
        return refused(ask, refusal)

    def fault(self, ask: Ask, route: str, error: Exception) -> Answer:
        """Answer an error of our own; its trace is in the log, under the request's id."""
        self._metrics.faults.labels("request").inc()
        _log.error("http.fault", route=route, request_id=ask.request_id, exc_info=error)
        return self.refuse(ask, InternalError())

    def count(self, ask: Ask, route: str, status: int, refusal: str | None) -> None:
        """Count an answer under its route's pattern, never the raw path (wire.md 1.2), and tell it."""
        spent = time.perf_counter() - ask.started
        self._measure(route, status, spent)
        # What players and floods do all day is counted; refusals that point at a mistake are told. Why
        # nothing can be served is said once, where it is found.
        quiet = status < 400 or status in (404, 429, 503)
        if quiet and not log.is_told("debug"):
            return
        tell = _log.debug if quiet else _log.info
        tell(
            "http.request",
            method=ask.method,
            route=route,
            status=status,
            **self._refused(ask, status, refusal),
            ms=round(spent * 1000, 1),
            request_id=ask.request_id,
        )

    def _refused(self, ask: Ask, status: int, code: str | None) -> dict[str, str]:
        """Why, and where somebody comes from whose credential is wrong: a host may be set up so."""
        if code is None:
            return {}
        is_stranger = status in (401, 403)
        where = {"address": ask.address(self.current.settings)} if is_stranger else {}
        return {"code": code, **where}

    def _warn_of_proxy(self, peer: str) -> None:
        """Say once that a proxy on this machine hides everybody's address behind its own."""
        if peer in _HERE and peer not in self.current.settings.trusted:
            self._warned = True
            _log.warning(
                "proxy.untrusted",
                peer=peer,
                effect="all players share one address and its limits",
                cure=f'server.trusted_proxies = ["{peer}"]',
            )

    def _measure(self, route: str, status: int, spent: float) -> None:
        """Count into the series of this route; to look one up by its labels costs more."""
        answered = self._answered.get((route, status))
        if answered is None:
            answered = self._metrics.requests.labels(route, str(status))
            self._answered[route, status] = answered
            self._spent[route] = self._metrics.request_seconds.labels(route)
        answered.inc()
        self._spent[route].observe(spent)
