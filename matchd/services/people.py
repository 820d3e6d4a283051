"""What the services of people need (accounts, logins, friends), as one frozen bundle."""

from __future__ import annotations

from dataclasses import dataclass

from matchd.clock import Clock
from matchd.services.bans import Bans
from matchd.services.journal import Journal
from matchd.services.limits import Limiter
from matchd.services.passwords import Passwords
from matchd.services.revocations import Revocations
from matchd.services.settings import Current
from matchd.store.ports import PeopleStore


@dataclass(frozen=True, slots=True)
class People:
    """The store, the settings in force, the clock, what guards the way in, and the journal."""

    store: PeopleStore
    current: Current
    clock: Clock
    limiter: Limiter
    passwords: Passwords
    revocations: Revocations
    bans: Bans
    journal: Journal
