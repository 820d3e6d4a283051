"""What every service needs, as one frozen bundle that `daemon` makes."""

from __future__ import annotations

from dataclasses import dataclass

from matchd.clock import Clock
from matchd.metrics import Metrics
from matchd.services.announcer import Announcer
from matchd.services.hub import Hub
from matchd.services.journal import Journal
from matchd.services.settings import Current
from matchd.store.ports import Store


@dataclass(frozen=True, slots=True)
class Core:
    """The store, the news, the settings in force, the clock, the counters and the journal."""

    store: Store
    hub: Hub
    announcer: Announcer
    current: Current
    clock: Clock
    metrics: Metrics
    journal: Journal
