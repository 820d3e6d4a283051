"""Every acknowledged durable write is present: each key is a register that clients write and read.

A read may see any value that no acknowledged write is known to have replaced: a write whose outcome is
unknown may have been done at any time from its begin on. A key that was written and never read back
proves nothing, so that is a violation too. Only the checker imports this module.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from tests.history.record import Call, Event, Operation
from tests.history.rules import Property, Violation


class Register:
    """The writes to one key."""

    def __init__(self, writes: Sequence[Call]) -> None:
        self._writes: dict[str | None, list[Call]] = defaultdict(list)
        for write in writes:
            self._writes[write.asked.value].append(write)
        self._done = sorted((write for write in writes if write.done), key=lambda write: write.end)
        self._ends = [write.end for write in self._done]
        self._newest: list[Call] = list(accumulate(self._done, _later))

    @property
    def last(self) -> Call | None:
        """The acknowledged write that began last."""
        return self._newest[-1] if self._newest else None

    def replaced_by(self, value: str | None, read: Call) -> Call | None:
        """The acknowledged write after which this read can't see the value any more, if any."""
        newest = self._before(read.begin)
        if newest is None:
            return None
        possible = [write for write in self._writes.get(value, ()) if write.begin <= read.end]
        ends = [write.end if write.done else math.inf for write in possible]
        return None if ends and max(ends) > newest.begin else newest

    def is_known(self, value: str | None, read: Call) -> bool:
        """Whether anybody had written the value; nobody need have for a key that is absent."""
        if value is None:
            return True
        return any(write.begin <= read.end for write in self._writes.get(value, ()))

    def _before(self, moment: float) -> Call | None:
        """Of the writes acknowledged before then the one that began last."""
        index = bisect_right(self._ends, moment)
        return self._newest[index - 1] if index else None


def _later(one: Call, other: Call) -> Call:
    return one if one.begin > other.begin else other


def missing(events: Sequence[Event]) -> Iterator[tuple[float, Violation]]:
    """Every read that misses an acknowledged write, with the time of that write; and every write that
    nobody read back, for which there is no excuse.
    """
    writes: dict[str, list[Call]] = defaultdict(list)
    reads: dict[str, list[Call]] = defaultdict(list)
    for event in events:
        if isinstance(event, Call) and event.operation is Operation.WRITE and not event.refused:
            writes[event.asked.key].append(event)
        if isinstance(event, Call) and event.operation is Operation.READ and not event.unknown:
            reads[event.asked.key].append(event)
    for key in sorted(writes.keys() | reads.keys()):
        register = Register(writes[key])
        for read in reads[key]:
            yield from _wrong(key, register, read)
        last = register.last
        if last is not None and not any(read.begin >= last.end for read in reads[key]):
            says = f"{key} was written and never read back"
            yield math.inf, Violation(Property.DURABLE, says, (last,))


def _wrong(key: str, register: Register, read: Call) -> Iterator[tuple[float, Violation]]:
    value = read.told.value if read.told is not None else None
    newer = register.replaced_by(value, read)
    if not register.is_known(value, read):
        says = f"{key} reads {value!r}, which nobody wrote"
        yield math.inf, Violation(Property.DURABLE, says, (read,))
    elif newer is not None:
        says = f"{key} reads {value!r}, although {newer.asked.value!r} was acknowledged"
        yield newer.begin, Violation(Property.DURABLE, says, (newer, read))
