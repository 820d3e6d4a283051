"""One store that Hypothesis does anything to, in any order; the base of the machines of people, lobbies
and play. A machine holds the model beside it, and judges after each step.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.store.people import opened
from tests.store.portal import Portal
from tests.thorough import TIMES

BOUNDS = settings(
    max_examples=30 * TIMES,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
_T = TypeVar("_T")


class StoreMachine(RuleBasedStateMachine):
    """Opens a store of a backend, and closes it at the end."""

    backend: str

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.portal = Portal(opened(self.backend, Path(self.directory.name)))

    def do(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Run one call in the store's loop."""
        return self.portal.run(call)

    def teardown(self) -> None:
        """End the store."""
        self.portal.close()
        self.directory.cleanup()


def run_in_any_order(kind: type[StoreMachine], backend: str) -> None:
    """Run a machine against a backend, fewer times where each step takes a round trip."""
    machine: Any = type("Machine", (kind,), {"backend": backend})
    bounds = BOUNDS if backend == "embedded" else settings(BOUNDS, max_examples=8 * TIMES)
    run_state_machine_as_test(machine, settings=bounds)
