"""What schemathesis does not know: that there is something to meet, that nobody may wait for long, and
that no program writes a whole number as 8.0.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

MOST_WAIT = 0.2

MET = {
    "lobby": os.environ["LOBBY"],
    "room": "tea",
    "who": "bob",
    "host_id": "pc-1",
    "booking_id": os.environ["BOOKING"],
    "seq": 2,
}
"""What there is, for every other request that is valid."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Half of the time something that is there.

    Schemathesis judges anew what a hook has set, as it stands: a valid name of 40 letters that takes
    120 when it is percent-encoded would count as too long, and its acceptance as a fault.
    """
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    given = case.path_parameters
    if valid and given and len(repr(given)) % 2:
        met = {name: MET.get(name, value) for name, value in given.items()}
        if met != given and not any("%" in str(value) for value in met.values()):
            case.path_parameters = met


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Nobody waits for long."""
    return _patient(query)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The same; and 8.0, an integer to JSON Schema, is written 8."""
    return _whole(_patient(body))


def _patient(value: Any) -> Any:
    wait = value.get("wait") if isinstance(value, dict) else None
    if isinstance(wait, int | float) and not isinstance(wait, bool) and MOST_WAIT < wait <= 60:
        return {**value, "wait": MOST_WAIT}
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
