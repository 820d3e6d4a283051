"""The last line of a test under load: nothing may be broken, and enough must have happened.

Only tests import this module.
"""

from __future__ import annotations

from pathlib import Path

from tests.history.checker import check
from tests.history.load import summary
from tests.history.record import History
from tests.history.rules import Excuses, Rules, Verdict

ENOUGH = 200
"""Events below which a load has shown nothing."""


def judge(
    history: History, directory: Path, rules: Rules, excuses: Excuses | None = None
) -> Verdict:
    """Refuse every violation, and a history in which too little happened; the rest of the verdict is
    what a failover lost. The history is kept in the directory, one event per line.
    """
    path = directory / "history.jsonl"
    history.write(path)
    verdict = check(history.events, rules, excuses)
    told = f"{verdict}\n{summary(history.events)}\nhistory: {path}"
    assert not verdict.violations, told
    assert len(history.events) > ENOUGH, told
    return verdict
