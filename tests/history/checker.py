"""The checker: a history in, everything that must not be in it out.

It knows what the service promises (`rules`) and what was done to it, and nothing of how it is made.
Each property has a module; all of them take O(n log n). Only tests import this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.history.borders import crossings
from tests.history.chats import unheard
from tests.history.durable import missing
from tests.history.endings import Endings
from tests.history.kept import Keeping, was_lost
from tests.history.lives import lives
from tests.history.order import disorders
from tests.history.record import Event
from tests.history.rules import Excuses, Rules, Verdict, Violation, Window
from tests.history.slots import doubles


def check(
    events: Sequence[Event], rules: Rules | None = None, excuses: Excuses | None = None
) -> Verdict:
    """Find every violation; what a failover lost is told apart."""
    rules, excuses = rules or Rules(), excuses or Excuses()
    endings = Endings(events, rules, excuses)
    living = lives(events, endings, rules, excuses)
    violations: list[Violation] = []
    lost: list[Violation] = []
    for at, double in doubles(events, living.values()):
        if not _contained(excuses.forgets, at):
            (lost if _contained(excuses.amnesty, at) else violations).append(double)
    for made, loss in (*Keeping(living, endings, rules).losses(events), *missing(events)):
        said = was_lost(loss)
        if not _within(excuses.forgets, made, said):
            (lost if _within(excuses.amnesty, made, said) else violations).append(loss)
    violations += [*disorders(events), *crossings(events), *unheard(events)]
    return Verdict(tuple(violations), tuple(lost))


def _contained(windows: Iterable[Window], moment: float) -> bool:
    return any(begin <= moment <= end for begin, end in windows)


def _within(windows: Iterable[Window], made: float, said: float) -> bool:
    """Whether something made then can have been lost in one of the windows before it was said."""
    return any(made <= end and begin <= said for begin, end in windows)
