"""The audit log: what administrators do over the API, with whom, what, to whom, and what came of it.

`record` is the one way in, sync and never waiting (services/journal.py). What somebody only reads is
one line in `READS` seconds, so that a page that looks every few seconds fills no log.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from matchd.clock import Clock
from matchd.services.journal import Journal

READS = 600.0
"""Seconds in which the same look of the same administrator is one line."""

MOST_READS = 1000
"""Looks that are remembered."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did: `event` is its name (`audit.ban`), `way` the route, `ids` whom or what it was
    done to by kind (domain/journal.py), `outcome` what came of it; `reads`: nothing was changed.
    """

    by: str
    event: str
    way: str
    outcome: str
    ids: dict[str, str] = {}
    why: str | None = None
    reads: bool = False


class Audit:
    """Keeps what administrators do."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        # Fixed after construction.
        self._journal = journal
        self._clock = clock
        # Changed only in sync functions: when who looked at what, the latest last.
        self._looks: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def record(self, act: Act) -> None:
        """Log an act and have it kept."""
        if act.reads and self._is_known(act):
            return
        self._journal.audited(
            act.event, by=act.by, way=act.way, outcome=act.outcome, why=act.why, ids=act.ids
        )

    def _is_known(self, act: Act) -> bool:
        look = (act.by, act.way, act.outcome, *act.ids.values())
        now = self._clock.now()
        if now < self._looks.get(look, now) + READS and look in self._looks:
            return True
        self._looks[look] = now
        self._looks.move_to_end(look)
        if len(self._looks) > MOST_READS:
            self._looks.popitem(last=False)
        return False
