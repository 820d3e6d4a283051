"""ICE servers for one identity: the pure `turn` package, fed with the settings and the wall clock.

TURN entries are for those entitled to them only; the callers of this service have checked that. The
user part of a credential is stable per identity, so coturn's quotas count players, not requests.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import msgspec

from matchd.clock import Clock
from matchd.domain.callers import Caller
from matchd.metrics import Metrics
from matchd.protocol.bookings import IceAnswer
from matchd.services.limits import Limiter
from matchd.services.settings import Current
from matchd.turn import IceAnswer as Made
from matchd.turn import TurnPlan, ice_servers, merged, user_part

REMEMBERED = 10_000
SERVERS = 64


class IceService:
    """Mints ICE answers, and hands the last one out again while it is fresh."""

    def __init__(self, current: Current, clock: Clock, limiter: Limiter, metrics: Metrics) -> None:
        self._current = current
        self._clock = clock
        self._limiter = limiter
        self._minted = lru_cache(SERVERS)(lambda url: metrics.minted.labels(url.split("?", 1)[0]))
        self._last: OrderedDict[tuple[str, str | None], tuple[TurnPlan, IceAnswer]] = OrderedDict()

    def mint(self, identity: str, region: str | None) -> IceAnswer:
        """Fresh credentials for this identity, from servers of this region or else of all."""
        settings = self._current.settings
        user = user_part(settings.pepper, identity)
        plan = self._current.turn
        made = ice_servers(plan, user=user, region=region, now=self._clock.wall())
        answer = IceAnswer(
            ice_servers=made.servers, ice_ttl=made.ttl, ice_expires_at=made.expires_at
        )
        for entry in made.servers:
            if entry.username is not None:
                self._minted(entry.urls[0]).inc()
        key = identity, region
        self._last[key] = plan, answer
        self._last.move_to_end(key)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return answer

    def plain(self) -> IceAnswer:
        """STUN only, for whoever has nobody to connect to yet."""
        plan, now = self._current.turn, self._clock.wall()
        made = ice_servers(plan, user=None, region=None, now=now)
        return IceAnswer(ice_servers=made.servers, ice_ttl=made.ttl, ice_expires_at=made.expires_at)

    def mint_for(self, caller: Caller, identity: str, region: str | None) -> IceAnswer:
        """Fresh credentials on a caller's demand; RateLimited when he asks too often."""
        self._limiter.check(caller, "credentials", identity)
        return self.mint(identity, region)

    def stun(self) -> IceAnswer:
        """What anybody may have: no TURN, no credentials."""
        made = ice_servers(self._current.turn, user=None, region=None, now=self._clock.wall())
        return IceAnswer(ice_servers=made.servers, ice_ttl=made.ttl, ice_expires_at=made.expires_at)

    def merged(self, answer: IceAnswer) -> IceAnswer:
        """The same in one entry, for sockets that take exactly one."""
        entry = merged(
            Made(servers=answer.ice_servers, ttl=answer.ice_ttl, expires_at=answer.ice_expires_at)
        )
        return msgspec.structs.replace(answer, ice_servers=() if entry is None else (entry,))

    def expiry(self, identity: str, region: str | None) -> int:
        """When the last answer expires (Unix seconds); 0 without one of the plan in force."""
        plan, answer = self._last.get((identity, region), (None, None))
        current = answer is not None and plan is self._current.turn
        return answer.ice_expires_at if answer is not None and current else 0

    def fresh(self, identity: str, region: str | None) -> IceAnswer:
        """The last answer while more than the refresh share of it is left, else a new one."""
        plan, answer = self._last.get((identity, region), (None, None))
        now = self._clock.wall()
        settings = self._current.settings
        if answer is None or plan is not self._current.turn:
            return self.mint(identity, region)
        left = answer.ice_expires_at - now
        if left <= settings.turn.ttl * (1 - settings.refresh_after):
            return self.mint(identity, region)
        return IceAnswer(
            ice_servers=answer.ice_servers,
            ice_ttl=int(left),
            ice_expires_at=answer.ice_expires_at,
        )
