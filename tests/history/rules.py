"""What a checker is told and what it answers: leases, excuses, violations.

Owns no logic. The checker believes clients, these numbers, and nothing of the implementation.
Only tests import this module.
"""

from __future__ import annotations

import enum

import msgspec

from tests.history.record import Event

Window = tuple[float, float]
"""From when to when, by the history's clock."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The leases that the service promises, in seconds. A request whose caller gave up may still be
    done for `late` seconds; `slack` is how much two clocks may differ over one lease.
    """

    hold: float = 20.0
    hold_max: float = 60.0
    grace: float = 30.0
    lost_after: float = 90.0
    late: float = 30.0
    slack: float = 0.1


class Excuses(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to the service meanwhile.

    `forgets`: it lost its memory then and may say so; nothing is reported. `amnesty`: a failover,
    its recovery and one TTL; what was lost then is reported apart. `faults`: a node was dead, paused
    or cut off; a socket opened before is no proof of its player's presence from there on.
    """

    forgets: tuple[Window, ...] = ()
    amnesty: tuple[Window, ...] = ()
    faults: tuple[Window, ...] = ()


class Property(enum.StrEnum):
    """What must hold."""

    ONE_BOOKING = "no slot in two live bookings"
    KEPT = "no acknowledged booking lost while it is leased"
    KEY = "one booking per idempotency key"
    CAUSE = "no booking over without a legal cause"
    PEERS = "joined before anything, nothing after left"
    CLEANED_ONCE = "one clean-up per joined peer"
    ORDER = "messages of one sender in the order sent, none twice"
    INVENTED = "no message that nobody sent"
    BORDER = "no signal across rooms"
    DURABLE = "every acknowledged durable write present"
    TALK = "every message of a room to every member once, in order"


class Violation(msgspec.Struct, frozen=True):
    """A property that does not hold: a sentence, and the events that show it."""

    broken: Property
    says: str
    evidence: tuple[Event, ...]

    def __str__(self) -> str:
        shown = "".join(f"\n    {event}" for event in self.evidence)
        return f"{self.broken}: {self.says}{shown}"


class Verdict(msgspec.Struct, frozen=True):
    """All violations, and apart from them what a failover lost."""

    violations: tuple[Violation, ...]
    lost: tuple[Violation, ...] = ()

    @property
    def broken(self) -> frozenset[Property]:
        """The properties that do not hold."""
        return frozenset(violation.broken for violation in self.violations)

    def __str__(self) -> str:
        return "\n".join(map(str, self.violations)) or "no violation"
