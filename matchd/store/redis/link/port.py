"""A connection as the batcher needs it. Backend-internal; imports nothing of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

Command = tuple[str | bytes | int | float, ...]
"""One command of Redis with its arguments."""

Reply = object
"""What Redis answers (bytes, int, list, None), or the Fault it stands for."""


class Link(Protocol):
    """A connection to wherever the scripts run. `opened` is how often it was made: after each time,
    what was acknowledged before may be lost.
    """

    opened: int

    def open(self) -> None:
        """Connect and prove that the store can be used; Fault says why it can't."""

    def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one round trip; Fault only when there is no connection."""

    def close(self) -> None:
        """Let go of the connection, when no call is under way."""

    def wake(self) -> None:
        """From another thread: end the call that is under way, and thereby the connection."""


Connect = Callable[[], Link]
